/* SPDX-License-Identifier: MIT */
#pragma once
/* Keepalive: connections that the web server keeps open between requests (FCGI_KEEP_CONN), as one worker has them.
 *
 * An idle connection costs nothing: it waits in the worker's epoll, beside the listeners, and holds no worker. While
 * the worker runs a request, a thread sees to the others (php/worker/keepalive_thread.h): when another worker is idle, or
 * the request takes longer than a tick or two, it hands over those on which something has come, to whichever worker
 * takes them (php/worker/handoff.h). The web server notices nothing of it.
 *
 * Runs in: worker.     Owns: the connections that it keeps. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"
#include "php/worker/keepalive_table.h"

typedef struct Keepalive Keepalive;

/* handoff_in_fd, handoff_out_fd: both ends of a SOCK_SEQPACKET pair of all workers. Borrows everything. Returns 0 or a
 * negative errno. */
int keepalive_new(Keepalive **ret, int epoll_fd, int handoff_in_fd, int handoff_out_fd,
                Scoreboard *board);
Keepalive *keepalive_free(Keepalive *keepalive); /* closes what is left */
DEFINE_CLEANUP(Keepalive, keepalive_free);

/* How many connections there are, without the one that keepalive_borrow() gave away, and whether there may be one more.
 * All functions take NULL: nothing is kept. */
size_t keepalive_count(const Keepalive *keepalive);
bool keepalive_has_room(const Keepalive *keepalive);

/* Notes that something has come on the connection of an epoll event, if nobody has noted it before. */
void keepalive_note_arrival(Keepalive *keepalive, uint64_t tag, uint64_t now_usec);

/* The connection of an epoll event, to be served; keepalive_add() or keepalive_close() takes it back. Returns -ENOENT
 * when it is not here any more. */
int keepalive_borrow(Keepalive *keepalive, uint64_t tag, KeepalivePast *ret_past);

/* Takes a connection whose answer is complete. Returns 0, or a negative errno: it is closed. */
int keepalive_add(Keepalive *keepalive, int fd);

/* Takes a connection that still waits to be served, and of which past says the rest. As keepalive_add(). */
int keepalive_put(Keepalive *keepalive, int fd, const KeepalivePast *past);

/* Closes one that was borrowed, or is new; also in the middle of a request. */
void keepalive_close(Keepalive *keepalive, int fd);

/* In a child that a script has forked: covers the descriptors of all connections and of what watches them, see fd_cover(). */
void keepalive_cover_fds(const Keepalive *keepalive, int blank_fd);

/* Hands over one that was borrowed, or is new, in the middle of a request: its answer is out, and the script goes on. A
 * connection that nobody can take now is kept. */
void keepalive_hand_on(Keepalive *keepalive, int fd);

/* Hands over a connection that waits since then, which stays the caller's; or that of an epoll event, unless it has
 * waited since later than that. Return 0 or a negative errno: it is still here. */
int keepalive_send(Keepalive *keepalive, int fd, uint64_t since_usec);
int keepalive_hand_over(Keepalive *keepalive, uint64_t tag, uint64_t latest_usec);

/* Takes the connection that another worker has handed over before all others. Returns its fd, -EAGAIN when there is
 * none, or another negative errno. */
int keepalive_receive(Keepalive *keepalive, KeepalivePast *ret_past);

/* How many connections wait to be taken by somebody. */
unsigned keepalive_n_handed_over(const Keepalive *keepalive);

/* Around each request: in between the others may be handed over. */
void keepalive_begin_request(Keepalive *keepalive);
void keepalive_end_request(Keepalive *keepalive);

/* Hands over all connections, before the worker leaves. Returns how many nobody can take now,
 * but may take later. */
size_t keepalive_hand_out_all(Keepalive *keepalive);

/* Before the last workers leave: hands over nothing more during requests; and takes what the others left, as much as
 * there is room for. */
void keepalive_stop_handoff(Keepalive *keepalive);
void keepalive_take_in_all(Keepalive *keepalive);

/* A connection with something to say, borrowed, or -ENOENT: the rest is idle. *place, from 0 on, is where the look
 * begins, and then that behind the one found: each connection is found once. */
int keepalive_borrow_ready(Keepalive *keepalive, size_t *place);

/* Why connections could not be handed over, for a line in the log, once; NULL: they could. */
const char *keepalive_take_complaint(Keepalive *keepalive);
