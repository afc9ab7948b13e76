/* SPDX-License-Identifier: MIT */
#pragma once
/* Pool check: whether this machine has what a pool file names: user, group, folders, files.
 *
 * Runs in: manager. The syntax was checked before, in shared/, which knows no machine. */

#include <errno.h>

#include "config/pool_config.h"

/* Called for each mistake: "www.conf:12: directive: reason", for the caller to log. */
typedef void (*PoolCheckReport)(void *userdata, const char *line);

enum {
        POOL_CHECK_LACKS = -ENODEV, /* the file is right, and this machine lacks what it names */
};

/* Reads, validates and checks the pool file of name in conf_dir. Logs warnings. Tells of all mistakes of the file, or
 * if there are none, of all that this machine lacks. 0, POOL_CHECK_LACKS, or
 * negative errno; each failure after at least one report. report NULL: nothing is told nor logged. */
int pool_check_load(PoolConfig **ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata);

typedef enum PoolCheckAs {
        POOL_CHECK_FOR_SELF, /* this process runs the pool */
        POOL_CHECK_FOR_ROOT, /* a plain user asks about a pool that root's manager runs */
} PoolCheckAs;

typedef struct PoolCheck {
        const char *conf_dir, *name;
        PoolCheckAs as;
} PoolCheck;

/* The same; for root, what only root may look at is named and counts as right. */
int pool_check_load_as(
                PoolConfig **ret, const PoolCheck *what, PoolCheckReport report, void *userdata);
