/* SPDX-License-Identifier: MIT */
#pragma once
/* AsUser: tries what the pool's user may do with files, before the pool runs as that user.
 *
 * Runs in: manager. */

#include <stdbool.h>

#include "config/pool_config.h"

/* Returns whether the pool is to run as another user than the manager, and the manager can switch to that user. */
bool as_user_is_another(const PoolConfig *config);

/* Calls attempt with the user's rights on files and returns its result. Supplementary groups are looked up, and attempt
 * is called again, only after -EACCES without them. Returns another negative errno when the rights cannot be
 * changed. */
int as_user_try(const PoolConfig *config, int (*attempt)(void *userdata), void *userdata);
