/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerLimit: how many workers a pool may have, and why. With pm = auto it follows from memory: what the pool may use,
 * divided by the memory of a worker.
 *
 * Runs in: manager.
 * Trusts:  the worker memories on the scoreboard within bounds: a worker that lies makes its own pool smaller, or
 * larger than is good for it within the limit of its cgroup. */

#include <stdint.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/workers/memory.h"
#include "manager/workers/slots.h"

typedef struct WorkerLimit {
        uint64_t workers;
        uint64_t worker_bytes; /* the average memory of a worker, 0: not known yet */
        uint64_t usable_bytes; /* the share of the budget that workers may use */
        MemoryBudget budget;
        uint64_t renewed_usec; /* when memory was read last, 0: never */
} WorkerLimit;

/* Computes the limit again if it is some seconds old, from what scoreboard_copy() has copied. Logs a limit that has
 * changed by a tenth or more. */
void worker_limit_update(WorkerLimit *worker_limit, const PoolConfig *config,
                const Scoreboard *board, const Slots *slots, uint64_t now_usec);

/* Writes "34 workers: 800 MiB (80% of …/memory.max) at 23 MiB each" into buffer. */
void worker_limit_describe(const WorkerLimit *worker_limit, const PoolConfig *config, char *buffer,
                size_t size);
