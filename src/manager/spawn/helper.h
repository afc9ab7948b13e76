/* SPDX-License-Identifier: MIT */
#pragma once
/* Helper: a child of the manager that does what may block, and answers by packets.
 *
 * A look into the user database asks a network, a file may lie on a mount that hangs or on a disk that is frozen. The
 * manager has no threads, and its event loop keeps the deadlines of all requests; so it forks, the child waits in its
 * place, and the loop goes on.
 *
 * Runs in: manager, and the child.     Trusts: the child: it is this program. */

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/parse.h"

typedef struct Helper Helper;

/* What a reload may wait for: less than TimeoutStartSec= of the unit. */
#define HELPER_LIMIT_USEC (45 * USEC_PER_SEC)

enum {
        HELPER_PACKET_MAX = 1024,
        HELPER_KEEP_MAX = 66,
};

typedef struct HelperPlan {
        /* In the child: what it is for. It has no fd but the standard streams, the log, answer_fd and those of keep_fds,
         * and ends with what this returns, 0 or negative errno. */
        int (*work)(int answer_fd, void *userdata);

        /* In the manager, both may be NULL. fd: what came along, the hook's to close; -EBADF: nothing. ended() is the
         * last one; result is that of work(), -ETIMEDOUT: it took longer than limit_usec and was killed, or -ECHILD: it
         * died. The helper is gone then. */
        void (*packet)(const void *data, size_t size, int fd, void *userdata);
        void (*ended)(int result, void *userdata);
        void *userdata;

        uint64_t limit_usec; /* 0: none */
        const int *keep_fds;
        size_t n_keep_fds; /* at most HELPER_KEEP_MAX */
} HelperPlan;

/* Forks. SIGCHLD is blocked. 0 or negative errno. */
int helper_start(Helper **ret, sd_event *event, const HelperPlan *plan);

/* Kills it, if it has not ended, and forgets it: no hook is called. */
Helper *helper_free(Helper *helper);
DEFINE_CLEANUP(Helper, helper_free);

/* Forgets it as well, but lets it finish. */
Helper *helper_release(Helper *helper);
