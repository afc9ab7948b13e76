/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpFileCache: the pool's own opcache.file_cache, so that what was compiled is there at the next start (idle_warm).
 *
 * opcache checks that a file in it is whole, was compiled by the same PHP, and has the time of its script. What else
 * decides about compiled code goes into opcache's mark of the PHP (the "system ID", which is a folder of the cache):
 * extensions, the functions that there are, and php.ini's settings.
 *
 * A script can write into the folder, and so run what PHP itself would not let it: it stays the same user, but
 * disable_functions holds no longer. So a pool that has disabled functions has no cache of ours. Nor has one with JIT,
 * which opcache cannot combine with it (php-src issue 15497), or with preloaded code, to which compiled code refers.
 *
 * Runs in: zygote; in workers for opcache_reset(). */

#include "config/pool_config.h"
#include "php/files/kept_scripts.h"

/* Before PHP starts: takes the folder's path out of the environment. */
void php_file_cache_init(const PoolConfig *config);

/* php.ini has been read, nothing has started: tidies the folder and tells opcache of it, if the pool is to have it.
 * Prints a line when the folder cannot be used. */
void php_file_cache_choose(void);

/* All extensions are known, none has started. */
void php_file_cache_mark(void);

/* After PHP's start: opcache_reset() is to empty the folder, too, or what was compiled before would be back at once. */
void php_file_cache_watch_reset(void);

/* After PHP's start: where it keeps which scripts are in use; without a folder, the pool has none. */
KeptScripts php_file_cache_kept(void);
