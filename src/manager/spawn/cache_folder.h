/* SPDX-License-Identifier: MIT */
#pragma once
/* CacheFolder: where a pool keeps what PHP has compiled: UID/opcache below CacheDirectory= of the unit.
 *
 * CacheDirectory= and UID are the manager's own, so that nobody can put a link in the place of the last folder, which
 * is the pool user's alone. A pool that gets another user has another folder.
 *
 * Runs in: manager, and helpers of it. */

#include "manager/spawn/account.h"

/* Returns the path, which the caller frees, or NULL: the unit has no CacheDirectory=, or memory is short. */
char *cache_folder_path(const char *pool, uid_t uid);

/* Makes the folder, if it is not there. What stands in its place is left as it is: the zygote looks at it as the pool's
 * user, and says what is wrong. Returns 0 or a negative errno. */
int cache_folder_make(const char *pool, const Account *account);
