/* SPDX-License-Identifier: MIT */
#pragma once
/* SumTable: a sum for each of some names, in memory that a process shares with those that it forks. What was put first
 * under a name stays; nobody waits for anybody.
 *
 * Runs in: zygote, workers.     Trusts: the processes that share the memory, with the sums. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct SumTable SumTable;

/* Makes an empty table for n names. Its memory is used as names come. Returns 0 or a negative errno. */
int sum_table_new(SumTable **ret, size_t n);
SumTable *sum_table_free(SumTable *table); /* for this process alone */
DEFINE_CLEANUP(SumTable, sum_table_free);

/* name and sum are sums of what they stand for (base/sum.h), and not 0. A name for which there is no room is left
 * out. */
void sum_table_put(SumTable *table, uint64_t name, uint64_t sum);

/* Returns what was put under the name, or 0. */
uint64_t sum_table_get(const SumTable *table, uint64_t name);
