/* SPDX-License-Identifier: MIT */
#pragma once
/* WaitQueues: the queues of those that a new connection, or one that is handed over, wakes.
 *
 * A worker stands in them through its epoll, as one of which the kernel wakes a single one (EPOLLEXCLUSIVE). The kernel
 * walks past all that stand there and do not sleep, until it finds one that does; the web server pays for that walk at
 * each connect(). So a worker that begins with a request beside many others that are busy steps out of the queues, and
 * into them again before it sleeps. Beside a few it stays, which saves the system calls, and its place: who steps in
 * stands behind all others, so that those who sleep would be woken in turn, each with nothing of its memory in the
 * caches any more. For the same reason a few of those stay that had short requests alone lately (scoreboard_linger()).
 * Each worker looks after each sleep, so that no more than those few are ever there and busy.
 *
 * Runs in: worker.     Owns: nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contract/listen_fds.h"
#include "contract/scoreboard.h"

enum {
        /* The number of a listener's events is its place, and that of the handoff pair is this. */
        WAIT_QUEUES_TAG_HANDOFF = 1 << 16,

        /* So many busy workers may stand in the queues. */
        WAIT_QUEUES_BUSY_MAX = 16,

        /* And so many more, each after so many short requests in a row. */
        WAIT_QUEUES_LINGERING_MAX = 8,
        WAIT_QUEUES_SHORT_RUN = 16,
};

typedef struct WaitQueues {
        int epoll_fd;          /* borrowed, as all of them */
        const int *listen_fds; /* LISTENERS_MAX at most */
        size_t n_listen_fds;
        int handoff_in_fd;          /* -EBADF: there is none, or none any more */
        uint64_t hung_up_listeners; /* a bit each: they were shut down, and are watched no more */
        bool at_listeners, at_handoff;

        Scoreboard *board; /* of this worker's pool and slot; NULL: it never steps out */
        unsigned slot;
        uint64_t began_usec; /* when the last request was found; 0: its end was noted */
        unsigned n_short;    /* short requests in a row */
        bool lingers;        /* as the board says */
} WaitQueues;

_Static_assert(LISTENERS_MAX <= 64, "each listener has a bit");

/* Has a connection at a listener wake this worker from now on, and with with_handoff one that is handed over, too.
 * What has come before is found as well. Does nothing where the worker stands already. Returns 0 or a negative
 * errno. */
int wait_queues_step_in(WaitQueues *queues, bool with_handoff);

/* Are to be called with each request that is found, and when the next one is looked for. The first steps out, if that
 * is better for the web server: from then on neither wakes this worker. */
void wait_queues_begin_request(WaitQueues *queues, uint64_t now_usec, bool has_slept);
void wait_queues_end_request(WaitQueues *queues, uint64_t now_usec);

/* Are to be called when a process has shut down a listener, or the pair, which would be ready for ever: it is not
 * watched again. */
void wait_queues_drop_listener(WaitQueues *queues, size_t listener);
void wait_queues_drop_handoff(WaitQueues *queues);
