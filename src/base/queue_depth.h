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

/* Asks the kernel by TCP_INFO for tcp and by NETLINK_SOCK_DIAG for unix sockets; neither needs a privilege. Returns 0
 * or a negative errno. */
int queue_depth_of(int listen_fd, QueueDepth *ret);

/* Adds up the queues of several sockets; a queue that cannot be seen counts as empty. */
void queue_depth_sum(const int listen_fds[], size_t n_fds, QueueDepth *ret);

/* The same without the backlog: nobody asks for that of an empty queue, which poll(2) shows for a thirtieth of what the
 * kernel takes to find a unix socket by its number. */
int queue_length_of(int listen_fd, unsigned *ret);
unsigned queue_length_sum(const int listen_fds[], size_t n_fds);
