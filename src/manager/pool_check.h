/* SPDX-License-Identifier: MIT */
#pragma once
/* Pool check: whether this machine has what a pool file names: user, group, folders, files.
 *
 * Runs in: manager. The syntax was checked before, in shared/, which knows no machine. */

#include "shared/pool_config.h"

enum {
        POOL_CHECK_REASON_MAX = 512,
};

/* Reads, validates and checks the pool file of name in conf_dir. Logs warnings. Writes the
 * reason of a refusal, "www.conf:12: directive: reason", in reason, for the caller to log. 0 or negative errno. */
int pool_check_load(PoolConfig **ret, const char *conf_dir, const char *name,
                char reason[POOL_CHECK_REASON_MAX]);
