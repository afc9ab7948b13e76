/* SPDX-License-Identifier: MIT */
#pragma once
/* LogTarget: where a log of a pool goes: a file, or the journal by one of its names. Pure.
 *
 * Runs in: any process. */

#include <stdbool.h>

/* Returns whether the value of a log directive means the journal: "journal", or one of the standard streams, which lead
 * there: /dev/stderr, /proc/self/fd/2 … */
bool log_target_is_journal(const char *target);
