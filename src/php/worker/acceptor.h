/* SPDX-License-Identifier: MIT */
#pragma once
/* Acceptor: how a worker gets its next request, or learns that it should leave.
 *
 * Under load a connection costs one system call, accept4(); the worker sleeps in epoll_wait() only when none waits. The
 * listeners are non-blocking and shared by all workers; a connection wakes one that sleeps (wait_queues.h). With
 * connections that the web server keeps it asks epoll first: one call finds several.
 *
 * Requests wait in three places: new connections at the listeners, where it is not known since when they wait; kept
 * connections in the epoll of their worker; and those that were handed over, in the pair that all workers have. As long
 * as none has waited for more than a few milliseconds, a worker takes them in turn. Beyond that all of them wait in the
 * pair, in the order in which they were seen: a worker that finds a request there that has waited for so long puts the
 * connections at the listeners behind it, and a worker that has not got to its own kept connections hands those over.
 *
 * Runs in: worker.     Owns: an epoll fd, the kept connections. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "php/worker/keepalive/keepalive.h"

typedef struct Acceptor Acceptor;

/* A connection on which a request may have come. */
typedef struct Arrival {
        int fd;             /* blocking mode, CLOEXEC */
        bool is_keepalive;  /* borrowed from acceptor_keepalive(), or taken from another worker */
        bool is_from_pair;  /* taken from another worker just now, and not borrowed */
        bool is_late;       /* a new connection that has waited longer than pm.queue_timeout */
        KeepalivePast past; /* of a kept connection */
} Arrival;

/* Makes an acceptor, which borrows the fds. lifeline_fd is a socket whose other end is closed when this worker is to
 * leave, on request or because the zygote is dead. Returns 0 or a negative errno. */
int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int lifeline_fd);
Acceptor *acceptor_free(Acceptor *acceptor);
DEFINE_CLEANUP(Acceptor, acceptor_free);

/* Keeps connections from now on, for the worker of this slot; the other arguments and the result are those of
 * keepalive_new(). */
int acceptor_keep(Acceptor *acceptor, int handoff_in_fd, int handoff_out_fd, Scoreboard *board,
                unsigned slot);

/* Returns the connections that are kept, or NULL if none are. */
Keepalive *acceptor_keepalive(Acceptor *acceptor);

/* Child that a script has forked: covers the descriptors of listeners, lifeline and kept connections, see
 * fd_cover(). */
void acceptor_cover_fds(const Acceptor *acceptor, int blank_fd);

/* Has new connections numbered on the board from now on, for pm.queue_timeout. */
void acceptor_number(Acceptor *acceptor, Scoreboard *board);

/* Takes a connection that waits, and never sleeps. Returns 0, -EAGAIN when none waits, or -EMFILE, -ENFILE, -ENOBUFS or
 * -ENOMEM when the system has no room for one that waits, see acceptor_pause(). */
int acceptor_try(Acceptor *acceptor, uint64_t now_usec, Arrival *ret);

/* Sleeps until a connection may have come or the lifeline is cut, at most timeout_msec (-1: for ever). Returns 0 to try
 * again, 1 to try again after reading what was sent on the lifeline, -ESHUTDOWN to try once more and leave, -ETIMEDOUT,
 * or another negative errno. */
int acceptor_wait(Acceptor *acceptor, int timeout_msec);

/* Sleeps for a moment, in which other processes may close something. Returns as acceptor_wait(). */
int acceptor_pause(Acceptor *acceptor);

/* Checks now and then whether the lifeline is cut and whether a connection was handed over; it is for a worker that is
 * never idle. Returns whether the lifeline is cut. */
bool acceptor_must_leave(Acceptor *acceptor, uint64_t now_usec);

/* Returns whether a process that shares a listener has shut it down since the last call: no connection comes there any
 * more. */
bool acceptor_take_hangup(Acceptor *acceptor);
