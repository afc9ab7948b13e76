/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerLimit: how many workers a pool may have, and why. With pm = auto it follows from memory: what the
 * pool may use, divided by what its workers weigh.
 *
 * Runs in: manager.
 * Trusts:  the weights of the scoreboard within bounds: a worker that lies makes its own pool smaller, or
 * larger than is good for it within the limit of its cgroup. */

#include <stdint.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/workers/memory.h"
#include "manager/workers/slots.h"

typedef struct WorkerLimit {
        uint64_t workers;
        uint64_t worker_bytes; /* what one weighs on average, 0: not known yet */
        uint64_t usable_bytes; /* the share of the budget that is ours */
        MemoryBudget budget;
        uint64_t looked_usec; /* when, 0: never */
} WorkerLimit;

/* Looks again if the last look is some seconds old. Uses what scoreboard_copy() has copied. Logs a worker limit
 * that has changed by a tenth or more. */
void worker_limit_update(WorkerLimit *worker_limit, const PoolConfig *config,
                const Scoreboard *board, const Slots *slots, uint64_t now_usec);

/* "34 workers: 800 MiB (80% of …/memory.max) at 23 MiB each" in buffer. */
void worker_limit_describe(const WorkerLimit *worker_limit, const PoolConfig *config, char *buffer,
                size_t size);
