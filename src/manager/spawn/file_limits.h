/* SPDX-License-Identifier: MIT */
#pragma once
/* File limits: whether a zygote may open as many files as its pool needs (RLIMIT_NOFILE).
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>

#include "config/pool_config.h"

/* The hard limit that the zygote of this pool needs: two fds for each worker and what it was given. */
uint64_t file_limits_needed(const PoolConfig *config);

/* Whether it can have so many: by the hard limit of this process, or because it may raise that. ret_limit: how
 * many there may be at most. */
bool file_limits_allow(uint64_t needed, uint64_t *ret_limit);

/* In the child that becomes the zygote: raises its hard limit to what the pool needs, if it is lower. The soft one
 * is left to the zygote. 0 or negative errno. */
int file_limits_raise(const PoolConfig *config);
