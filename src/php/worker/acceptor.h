/* SPDX-License-Identifier: MIT */
#pragma once
/* Acceptor: how a worker gets its next request, or learns that it should leave.
 *
 * Under load a connection costs one system call, accept4(); the worker sleeps in epoll_wait() only
 * when none waits. The listeners are non-blocking and shared by all workers; EPOLLEXCLUSIVE wakes
 * one of them. With connections that the web server keeps it asks epoll first: one call finds several.
 *
 * Runs in: worker.     Owns: an epoll fd, the kept connections. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "php/worker/keepalive.h"

typedef struct Acceptor Acceptor;

/* Somebody has something to say. */
typedef struct Arrival {
        int fd;             /* blocking mode, CLOEXEC */
        size_t queue;       /* the index of its listener */
        bool is_keepalive;  /* borrowed from acceptor_keepalive(), not a new connection */
        KeepalivePast past; /* of a kept one */
} Arrival;

/* Borrows the fds. lifeline_fd is a socket whose other end closes
 * when this worker is to leave (asked for, or because the zygote is dead). 0 or negative errno. */
int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int lifeline_fd);
Acceptor *acceptor_free(Acceptor *acceptor);
DEFINE_CLEANUP(Acceptor, acceptor_free);

/* Keeps connections from now on; the rest is as for keepalive_new(). */
int acceptor_keep(
                Acceptor *acceptor, int handoff_in_fd, int handoff_out_fd, const Scoreboard *board);
Keepalive *acceptor_keepalive(Acceptor *acceptor); /* NULL: none are kept */

/* In a child that a script has forked: covers the descriptors of listeners, lifeline and kept connections, see
 * fd_cover(). */
void acceptor_cover_fds(const Acceptor *acceptor, int blank_fd);

/* 0 if there is one, else -EAGAIN. Never sleeps. */
int acceptor_try(Acceptor *acceptor, Arrival *ret);

/* Sleeps until something may have arrived or the lifeline is cut, at most timeout_msec (-1: for ever). 0: try
 * again, 1: the same, and something was sent on the lifeline that is to be read, -ESHUTDOWN: leave, but try
 * once more, -ETIMEDOUT, or another negative errno. */
int acceptor_wait(Acceptor *acceptor, int timeout_msec);

/* Looks at the lifeline alone, for a worker that is never idle. */
bool acceptor_lifeline_is_cut(Acceptor *acceptor);
