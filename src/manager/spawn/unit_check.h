/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitCheck: whether the service of a pool may do what the pool file asks for: change its root directory, have the
 * limits, come before others. fpmd-generator makes the drop-ins for that at a daemon-reload (unit_rights.h), which a
 * new line of the file may not have seen yet.
 *
 * Runs in: manager. */

#include <stdbool.h>

#include "config/unit_rights.h"

typedef struct UnitCheck {
        const PoolConfig *config;
        bool is_own; /* this process runs the pool; else only what its unit will let it do is looked at */
        bool switches_user; /* the pool runs, or will run, with a manager that becomes the pool's user */

        /* The hard limit of open files that the service will have, 0: not known. NULL: this process has its limits. */
        uint64_t (*files_of_unit)(void *userdata, const char *pool);
        void *unit_userdata;

        void (*report)(void *userdata, int priority, const char *directive, const char *text);
        void *userdata;
} UnitCheck;

/* Reports what the pool may not do, with LOG_ERR, and what its unit has yet to get, with LOG_NOTICE. Returns 0, -EPERM
 * if systemd has yet to read the pool file for that, -EINVAL if a limit of the unit is too low, or -EACCES if the unit
 * takes the right away. */
int unit_check(const UnitCheck *check);

/* Returns whether the pool is to have as many workers as its open files allow, since its file has no number. */
bool unit_check_fits_workers(const PoolConfig *config);

/* Returns whether systemd is process 1 of this machine. */
bool unit_check_finds_systemd(void);

/* Returns the rights that fpmd-generator has given to the service of a pool: 1 << right for each. */
unsigned unit_check_rights(const char *pool);
