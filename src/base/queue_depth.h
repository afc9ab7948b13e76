/* SPDX-License-Identifier: MIT */
#pragma once
/* Queue depth: how many connections wait to be accepted from a listening socket.
 *
 * Runs in: manager, and the worker that serves the status page. */

#include <stddef.h>

typedef struct QueueDepth {
        unsigned n_queued;
        unsigned n_limit; /* the backlog */
} QueueDepth;

/* TCP_INFO for tcp; NETLINK_SOCK_DIAG for unix sockets, which needs no privilege. 0 or negative
 * errno. */
int queue_depth_of(int listen_fd, QueueDepth *ret);

/* Of several sockets together; one whose queue cannot be seen counts as empty. */
void queue_depth_sum(const int listen_fds[], size_t n_fds, QueueDepth *ret);
