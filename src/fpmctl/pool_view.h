/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolView: how list, status and top show a pool.
 *
 * Runs in: fpmctl. */

#include <jansson.h>

#include "fpmctl/formatted_text.h"
#include "fpmctl/pools/pools.h"
#include "fpmctl/table.h"

/* Adds a cell: the state, in its colour, and whether the pool is drained or outdated. */
void pool_view_state(Table *table, const PoolFacts *pool);

/* Returns what brings in what was replaced on disk under a pool: "reload" or "restart". */
const char *pool_view_remedy(const json_t *answer);

/* Adds four cells of an answer to CONTROL_STATUS: busy, idle, max, queue. */
void pool_view_numbers(Table *table, const json_t *answer);

/* Returns the requests per second since the manager started (rate_since_start()). */
double pool_view_rate(const json_t *answer);

/* Adds memory and CPU to an answer. */
void pool_view_add_resources(json_t *answer, const Resources *resources);

/* Returns a new object with everything that is known of a pool, or NULL when memory is short. */
json_t *pool_view_json(const PoolFacts *pool);
