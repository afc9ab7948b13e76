/* SPDX-License-Identifier: MIT */
#pragma once
/* Keepalive: connections that the web server keeps open between requests (FCGI_KEEP_CONN), as one worker has them.
 *
 * An idle connection costs nothing: it waits in the worker's epoll, beside the listeners, and holds no worker. While
 * the worker runs a request, a thread watches its other connections (keepalive_thread.h): when another worker is idle,
 * or the request takes longer than a tick or two, the thread hands over those on which something has come, to any
 * worker that takes them (handoff.h). The web server does not notice.
 *
 * Runs in: worker.     Owns: the connections that it keeps. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"
#include "php/worker/keepalive/keepalive_table.h"

typedef struct Keepalive Keepalive;

/* Makes the list of connections of one worker. handoff_in_fd and handoff_out_fd are both ends of the SOCK_SEQPACKET
 * pair of all workers. Borrows everything. Returns 0 or a negative errno. */
int keepalive_new(Keepalive **ret, int epoll_fd, int handoff_in_fd, int handoff_out_fd,
                Scoreboard *board);
Keepalive *keepalive_free(Keepalive *keepalive); /* closes what is left */
DEFINE_CLEANUP(Keepalive, keepalive_free);

/* Return how many connections are kept, without the one that keepalive_borrow() has returned, and whether there is room
 * for one more. All functions take NULL, which means that no connections are kept. */
size_t keepalive_count(const Keepalive *keepalive);
bool keepalive_has_room(const Keepalive *keepalive);

/* Notes the time when something has come on the connection of an epoll event, unless it was noted before. */
void keepalive_note_arrival(Keepalive *keepalive, uint64_t tag, uint64_t now_usec);

/* Borrows the connection of an epoll event, to serve it; keepalive_add() or keepalive_close() takes it back. Returns
 * its fd, or -ENOENT when it is not here any more. */
int keepalive_borrow(Keepalive *keepalive, uint64_t tag, KeepalivePast *ret_past);

/* Takes a connection whose answer is complete. Returns 0, or a negative errno after closing it. */
int keepalive_add(Keepalive *keepalive, int fd);

/* Takes a connection that still waits to be served, with its past. Returns as keepalive_add(). */
int keepalive_put(Keepalive *keepalive, int fd, const KeepalivePast *past);

/* Takes a new connection on which nothing has come yet: it waits in the epoll as the others do, and is closed if
 * nothing comes until then, or when there are too many of them. Returns 0, or -ENOBUFS when it is still the caller's,
 * because those that are kept need all the room; or another negative errno after closing it. */
int keepalive_set_aside(Keepalive *keepalive, int fd, uint64_t until_usec);

/* Closes those whose time is over. Returns the time in ms until the next one's, -1 if there is none. */
int keepalive_close_silent(Keepalive *keepalive);

/* Closes a connection that was borrowed or is new, also in the middle of a request. */
void keepalive_close(Keepalive *keepalive, int fd);

/* Child that a script has forked: covers the descriptors of all connections and of what watches them, see
 * fd_cover(). */
void keepalive_cover_fds(const Keepalive *keepalive, int blank_fd);

/* Hands over a connection that was borrowed or is new, in the middle of a request: its answer is out, and the script
 * goes on. If the pair is full the connection is kept. */
void keepalive_hand_on(Keepalive *keepalive, int fd);

/* Hand over a connection that has waited since a time, and stays the caller's to close; or that of an epoll event,
 * unless it has waited only since a later time. Return 0, or a negative errno when it is still here. */
int keepalive_send(Keepalive *keepalive, int fd, uint64_t since_usec);
int keepalive_hand_over(Keepalive *keepalive, uint64_t tag, uint64_t latest_usec);

/* Takes the oldest connection of the pair. Returns its fd, -EAGAIN when there is none, or another negative errno. */
int keepalive_receive(Keepalive *keepalive, KeepalivePast *ret_past);

/* Returns how many connections wait in the pair. */
unsigned keepalive_n_handed_over(const Keepalive *keepalive);

/* Are to be called around each request: in between, the thread may hand over the other connections. */
void keepalive_begin_request(Keepalive *keepalive);
void keepalive_end_request(Keepalive *keepalive);

/* Hands over all connections, before the worker leaves. Returns how many are still here because the pair is full. */
size_t keepalive_hand_out_all(Keepalive *keepalive);

/* Are to be called before the last workers leave: the first stops handing over during requests, the second takes the
 * connections that others have left in the pair, as many as there is room for. */
void keepalive_stop_handoff(Keepalive *keepalive);
void keepalive_take_in_all(Keepalive *keepalive);

/* Borrows the next connection on which something has come. Returns its fd, or -ENOENT when the rest is idle. *place is
 * 0 at first and moves on, so that each connection is found once. */
int keepalive_borrow_ready(Keepalive *keepalive, size_t *place);

/* Returns once, as a text for the log, why connections could not be handed over; NULL if they could. */
const char *keepalive_take_complaint(Keepalive *keepalive);
