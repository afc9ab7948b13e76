/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpCompiled: notes what was in each file when PHP compiled it (worker_watch). Whoever looks at a file later cannot
 * know it: the file may have been written in between.
 *
 * What PHP itself compiles is noted, in whichever process of the pool: what opcache has compiled for one of them all
 * run. A generation that mixes two versions of a file has noted the first one. Not noted is what opcache takes from
 * a folder of its own (opcache.file_cache), and what stands in an archive of phar. Where a script has put a stream
 * wrapper in the place of PHP's own of file://, what was in the file itself is noted, and not what the wrapper made of
 * it.
 *
 * Runs in: zygote (watch), worker. */

#include "base/sum_table.h"

/* Is to be called before PHP starts, if anybody wants to know. The table is borrowed for good; under the sum of a path
 * it gets the sum of what was in the file. */
void php_compiled_init(SumTable *sums);

/* Is to be called while extensions start: opcache is not in the place of PHP's own functions yet. */
void php_compiled_watch(void);
