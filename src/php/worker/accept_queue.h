/* SPDX-License-Identifier: MIT */
#pragma once
/* AcceptQueue: the listening sockets of a worker, as one queue of new connections.
 *
 * Runs in: worker.     Owns: nothing; the listeners are non-blocking and shared by all workers. */

#include <stdbool.h>
#include <stddef.h>

#include "contract/scoreboard.h"

typedef struct AcceptQueue {
        const int *listen_fds; /* borrowed */
        size_t n_listen_fds, next;
        Scoreboard *board; /* new connections are numbered there, for pm.queue_timeout; NULL: they are not */
} AcceptQueue;

/* Takes the next new connection. Returns its fd in blocking mode, -EAGAIN when none waits, or -EMFILE, -ENFILE,
 * -ENOBUFS or -ENOMEM when a connection waits for which there is no room. *ret_is_late says whether it has waited
 * longer than pm.queue_timeout. */
int accept_queue_next(AcceptQueue *queue, bool *ret_is_late);

/* For listeners that are ready and have no connection. A process that shuts a unix socket down for reading makes it
 * ready for ever, to PID 1 as well, and no call says why: it is shut down whole, which everybody's epoll reports. */
void accept_queue_finish_shutdown(const AcceptQueue *queue);
