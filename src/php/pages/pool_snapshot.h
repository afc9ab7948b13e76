/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolView: what a worker sees of its pool: the scoreboard, the control page and the queues, for the status page.
 *
 * Runs in: worker.     Owns: the copies it makes. */

#include <stddef.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "php/pages/status_page.h"

typedef struct PoolView {
        const PoolConfig *config;
        Scoreboard *board;
        unsigned slot;         /* of the worker itself */
        const int *listen_fds; /* whose queues count */
        size_t n_listen_fds;
        int handoff_in_fd; /* what is handed over waits as well */
} PoolView;

/* The state at this moment. ret->processes is to be freed by the caller. 0 or -ENOMEM. */
int pool_view_read(const PoolView *view, StatusPage *ret);
