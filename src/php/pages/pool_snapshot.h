/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolSnapshot: what a worker sees of its pool: the scoreboard, the control page and the queues, for the status page.
 *
 * Runs in: worker.     Owns: the copies it makes. */

#include <stddef.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "php/pages/status_page.h"

typedef struct PoolSnapshot {
        const PoolConfig *config;
        Scoreboard *board;
        unsigned slot;         /* of the worker itself */
        const int *listen_fds; /* whose queues count */
        size_t n_listen_fds;
        int handoff_in_fd; /* connections that were handed over wait as well */
        int wake_fd;       /* the manager's, who alone can see other generations */
} PoolSnapshot;

/* Reads the state at this moment. The caller frees ret->processes. Returns 0 or -ENOMEM. */
int pool_snapshot_read(const PoolSnapshot *view, StatusPage *ret);
