/* SPDX-License-Identifier: MIT */
#pragma once
/* LogTarget: where a log of a pool goes: a file, or the journal by one of its names. Pure.
 *
 * Runs in: any process. */

#include <stdbool.h>

/* "journal", and the standard streams, which are the journal's here: /dev/stderr, /proc/self/fd/2 … */
bool log_target_is_journal(const char *target);
