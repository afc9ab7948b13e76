/* SPDX-License-Identifier: MIT */
#pragma once
/* Acceptor: how a worker gets its next connection, or learns that it should leave.
 *
 * Under load a connection costs one system call, accept4(); the worker sleeps in epoll_wait() only
 * when none waits. The listeners are non-blocking and shared by all workers; EPOLLEXCLUSIVE wakes
 * one of them.
 *
 * Runs in: worker.     Owns: an epoll fd. */

#include <stdbool.h>
#include <stddef.h>

#include "shared/cleanup.h"

typedef struct Acceptor Acceptor;

/* Borrows the fds. leash_fd is a socket whose other end closes
 * when this worker is to leave (asked for, or because the zygote is dead). 0 or negative errno. */
int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int leash_fd);
Acceptor *acceptor_free(Acceptor *acceptor);
DEFINE_CLEANUP(Acceptor, acceptor_free);

/* A connection (blocking mode, CLOEXEC) if one waits, else -EAGAIN. Never sleeps. ret_queue: the index of
 * its listener. */
int acceptor_try(Acceptor *acceptor, size_t *ret_queue);

/* Sleeps until a connection may wait or the leash is cut, at most timeout_msec (-1: for ever). 0: try again,
 * 1: the same, and something was sent on the leash that is to be read, -ESHUTDOWN: leave, -ETIMEDOUT, or
 * another negative errno. */
int acceptor_wait(Acceptor *acceptor, int timeout_msec);

/* Sleeps until a kept connection has something to say or the leash is cut, at most timeout_msec (over
 * 50). 0: read it, -ESHUTDOWN: leave, -ETIMEDOUT, -EBUSY: somebody else waits and no worker is free. */
int acceptor_wait_kept(Acceptor *acceptor, int fd, int timeout_msec);

/* Looks at the leash alone, for a worker that is never idle. */
bool acceptor_leash_is_cut(Acceptor *acceptor);
