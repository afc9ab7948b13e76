/* SPDX-License-Identifier: MIT */
#pragma once
/* FileLimits: whether a zygote may open as many files as its pool needs (RLIMIT_NOFILE).
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>

#include "config/pool_config.h"

/* Returns whether the zygote can have that limit: by the hard limit of this process, or because this process may raise
 * it. *ret_limit is the highest limit that it can have. */
bool file_limits_allow(uint64_t needed, uint64_t *ret_limit);

/* Child that becomes the zygote: raises its hard limit to what the pool needs, if it is lower. The zygote sets the soft
 * limit itself. Returns 0 or a negative errno. */
int file_limits_raise(const PoolConfig *config);
