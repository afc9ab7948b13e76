/* SPDX-License-Identifier: MIT */
#pragma once
/* Kept: connections that the web server keeps open between requests (FCGI_KEEP_CONN), as one worker has them.
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

typedef struct Kept Kept;

enum {
        KEPT_MAX = 256, /* connections of one worker; what comes on top is closed after its answer */
};

/* Epoll events of kept connections carry a number from here on. */
#define KEPT_TAG_FIRST (UINT64_C(1) << 32)

/* take_fd, give_fd: both ends of a SOCK_SEQPACKET pair, non-blocking, of all workers. Borrows everything. 0
 * or negative errno. */
int kept_new(Kept **ret, int epoll_fd, int take_fd, int give_fd, const Scoreboard *board);
Kept *kept_free(Kept *kept); /* closes what is left */
DEFINE_CLEANUP(Kept, kept_free);

/* How many there are, without the one that kept_borrow() gave away. All functions take NULL: nothing is
 * kept. */
size_t kept_count(const Kept *kept);

/* How a connection came to where it is. */
typedef struct KeptPast {
        bool is_taken;       /* from another worker, and nothing was served on it since */
        uint64_t since_usec; /* a request was seen to wait on it then, 0: none was */
} KeptPast;

/* The connection of an epoll event, to be served; kept_keep() or kept_close() takes it back. -ENOENT: it is
 * not here any more. */
int kept_borrow(Kept *kept, uint64_t tag, KeptPast *ret_past);

/* Takes a connection whose answer is complete. 0, or negative errno: it is closed. */
int kept_keep(Kept *kept, int fd);

/* Closes one that was borrowed, or is new; also in the middle of a request. */
void kept_close(Kept *kept, int fd);

/* Takes one that another worker hands over, if there is one. 0, -EAGAIN or another negative errno. */
int kept_receive(Kept *kept);

/* Around each request: in between the others may be handed over. */
void kept_begin_request(Kept *kept);
void kept_end_request(Kept *kept);

/* Before the worker leaves: to others, all that they take. What is left has to be looked at. */
void kept_give_all(Kept *kept);

/* Before the last workers leave: hands over nothing more during requests; and takes what the others left, as much as
 * there is room for. */
void kept_stay_alone(Kept *kept);
void kept_take_all(Kept *kept);

/* One with something to say, borrowed, or -ENOENT: the rest is idle. *place, from 0 on, is where the look begins, and
 * then that behind the one found: each connection is found once. */
int kept_borrow_ready(Kept *kept, size_t *place);
