/* SPDX-License-Identifier: MIT */
#pragma once
/* Pool view: what is shown of a pool alike by list, status and top.
 *
 * Runs in: fpmctl. */

#include <jansson.h>

#include "fpmctl/formatted_text.h"
#include "fpmctl/pools/pools.h"
#include "fpmctl/table.h"

/* A cell: the state, in its colour. */
void pool_view_state(Table *table, const PoolFacts *pool);

/* Four cells of an answer to CONTROL_STATUS: busy, idle, max, queue. */
void pool_view_numbers(Table *table, const json_t *answer);

/* Requests per second since the manager started. */
double pool_view_rate(const json_t *answer);

/* Adds memory and CPU to an answer. */
void pool_view_add_resources(json_t *answer, const Resources *resources);

/* New: all that is known. NULL: no memory. */
json_t *pool_view_json(const PoolFacts *pool);
