/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolCheck: whether this machine has what a pool file names: user, group, folders, files.
 *
 * Runs in: manager. The syntax was checked before, in config/, which knows no machine. */

#include <errno.h>

#include "config/pool_config.h"
#include "config/pool_files.h"

/* Is called for each mistake, for the caller to log: "www.conf:12: directive: reason". */
typedef void (*PoolCheckReport)(void *userdata, const char *line);

enum {
        POOL_CHECK_LACKS = -ENODEV, /* the file is right, and this machine lacks what it names */
        POOL_CHECK_LACKS_RIGHT =
                        -EPERM, /* the same: a right that the unit gets at a daemon-reload */
};

/* Reads, validates and checks the pool file of name in conf_dir. Logs warnings, and reports all mistakes of the file
 * or, if it has none, all that this machine lacks; with a report of NULL it does neither. Returns 0, POOL_CHECK_LACKS,
 * POOL_CHECK_LACKS_RIGHT or another negative errno, after at least one report. */
int pool_check_load(PoolConfig **ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata);

typedef enum PoolCheckAs {
        POOL_CHECK_FOR_SELF, /* this process runs the pool */
        POOL_CHECK_FOR_ROOT, /* a plain user asks about a pool that root's manager runs */
} PoolCheckAs;

typedef struct PoolCheck {
        const char *conf_dir, *name;
        PoolCheckAs as;
        const PoolFiles *files; /* the pools of conf_dir; NULL: they are looked for */

        /* See unit_check.h. */
        uint64_t (*files_of_unit)(void *userdata, const char *pool);
        void *unit_userdata;
} PoolCheck;

/* Does the same. For POOL_CHECK_FOR_ROOT, what only root could check is named and counts as right. */
int pool_check_load_as(
                PoolConfig **ret, const PoolCheck *what, PoolCheckReport report, void *userdata);
