/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolUser: what the pool's user may do with files, asked before the pool runs as that user.
 *
 * Runs in: manager. */

#include <stdbool.h>

#include "config/pool_config.h"

/* Whether the pool is to run as another user than the manager does, and the manager can. */
bool as_user_is_another(const PoolConfig *config);

/* What attempt returns with the user's rights on files, also those of its supplementary groups: -EACCES is only said
 * when these do not help. Or negative errno. */
int as_user_try(const PoolConfig *config, int (*attempt)(void *userdata), void *userdata);
