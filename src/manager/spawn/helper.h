/* SPDX-License-Identifier: MIT */
#pragma once
/* Helper: a child of the manager that does what may block, and answers by packets.
 *
 * The user database may ask a network, a file may lie on a mount that hangs or on a disk that is frozen. The manager
 * has no threads, and its event loop keeps the deadlines of all requests; so it forks a child that waits in its place.
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
        /* The work of the child. The child has no fds but the standard streams, the log, answer_fd and those of
         * keep_fds, and ends with the result, 0 or a negative errno. */
        int (*work)(int answer_fd, void *userdata);

        /* Are called in the manager; both may be NULL. fd came along with the packet and is the hook's to close, -EBADF
         * for none. ended() comes last, with the result of work(), -ETIMEDOUT when it took longer than limit_usec and
         * was killed, or -ECHILD when it died. The helper is freed then. */
        void (*packet)(const void *data, size_t size, int fd, void *userdata);
        void (*ended)(int result, void *userdata);
        void *userdata;

        uint64_t limit_usec; /* 0: none */
        const int *keep_fds;
        size_t n_keep_fds; /* at most HELPER_KEEP_MAX */
} HelperPlan;

/* Forks the helper. SIGCHLD must be blocked. Returns 0 or a negative errno. */
int helper_start(Helper **ret, sd_event *event, const HelperPlan *plan);

/* Kills it, if it has not ended, and forgets it: no hook is called. */
Helper *helper_free(Helper *helper);
DEFINE_CLEANUP(Helper, helper_free);

/* Forgets the helper as well, but lets it finish. */
Helper *helper_release(Helper *helper);
