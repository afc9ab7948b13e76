/* SPDX-License-Identifier: MIT */
#pragma once
/* Keepalive: connections that the web server keeps open between requests (FCGI_KEEP_CONN), as one worker has them.
 *
 * An idle one costs nothing: it waits in the worker's epoll, beside the listeners, and holds nobody. While
 * the worker serves a request, a thread looks every 2 ms whether others of its connections have something to
 * say; if so, and another worker is idle, or this request takes longer, they are handed over: through a
 * socket that all workers of the pool share, to whoever takes them. The web server notices nothing of it. With
 * each goes since when a request was seen to wait on it.
 *
 * The thread runs from the first connection that is kept, sleeps while the worker does, and never touches
 * PHP.
 *
 * Runs in: worker.     Owns: the connections that it keeps.
 * Trusts:  nobody. What comes out of the shared socket is a connection of an unknown client. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"

typedef struct Keepalive Keepalive;

enum {
        KEEPALIVE_MAX = 256, /* connections of one worker; what comes on top is closed after its answer */
};

/* Epoll events of kept connections carry a number from here on. */
#define KEEPALIVE_TAG_FIRST (UINT64_C(1) << 32)

/* handoff_in_fd, handoff_out_fd: both ends of a SOCK_SEQPACKET pair, non-blocking, of all workers. Borrows everything. 0
 * or negative errno. */
int keepalive_new(Keepalive **ret, int epoll_fd, int handoff_in_fd, int handoff_out_fd,
                const Scoreboard *board);
Keepalive *keepalive_free(Keepalive *keepalive); /* closes what is left */
DEFINE_CLEANUP(Keepalive, keepalive_free);

/* How many there are, without the one that keepalive_borrow() gave away. All functions take NULL: nothing is
 * kept. */
size_t keepalive_count(const Keepalive *keepalive);

/* How a connection came to where it is. */
typedef struct KeepalivePast {
        bool is_taken;       /* from another worker, and nothing was served on it since */
        uint64_t since_usec; /* a request was seen to wait on it then, 0: none was */
} KeepalivePast;

/* The connection of an epoll event, to be served; keepalive_add() or keepalive_close() takes it back. -ENOENT: it is
 * not here any more. */
int keepalive_borrow(Keepalive *keepalive, uint64_t tag, KeepalivePast *ret_past);

/* Takes a connection whose answer is complete. 0, or negative errno: it is closed. */
int keepalive_add(Keepalive *keepalive, int fd);

/* Closes one that was borrowed, or is new; also in the middle of a request. */
void keepalive_close(Keepalive *keepalive, int fd);

/* In a child that a script has forked: covers the descriptors of all connections, see fd_cover(). */
void keepalive_cover_fds(const Keepalive *keepalive, int blank_fd);

/* Takes one that another worker hands over, if there is one. 0, -EAGAIN or another negative errno. */
int keepalive_receive(Keepalive *keepalive);

/* Around each request: in between the others may be handed over. */
void keepalive_begin_request(Keepalive *keepalive);
void keepalive_end_request(Keepalive *keepalive);

/* Before the worker leaves: to others, all that they take. What is left has to be looked at. */
void keepalive_hand_out_all(Keepalive *keepalive);

/* Before the last workers leave: hands over nothing more during requests; and takes what the others left, as much as
 * there is room for. */
void keepalive_stop_handoff(Keepalive *keepalive);
void keepalive_take_in_all(Keepalive *keepalive);

/* One with something to say, borrowed, or -ENOENT: the rest is idle. *place, from 0 on, is where the look begins, and
 * then that behind the one found: each connection is found once. */
int keepalive_borrow_ready(Keepalive *keepalive, size_t *place);
