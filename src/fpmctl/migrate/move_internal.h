/* SPDX-License-Identifier: MIT */
#pragma once
/* What the ways there and back share.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>

#include "fpmctl/migrate/move.h"

/* Of the socket unit of a moved pool, and of php-fpm's unit while it is being moved. */
#define MOVE_DROPIN "90-moved.conf"
#define MOVE_PHP_FPM_DROPIN "90-fpmd-migrate.conf"

enum {
        MOVE_STEP_MSEC = 20,
};

bool move_is_unix(const char *address);

/* New: where a moved pool listens, PATH.fpmd; and fpmd@POOL.TYPE. NULL: no memory. */
char *move_beside(const char *path);
char *move_unit(const char *pool, const char *type);

/* Waits for MOVE_STEP_MSEC. */
void move_pause(void);

/* One line on standard error. Returns error. */
int move_complain(const char *pool, const char *what, int error);

bool move_is_active(const char *unit);

/* Kills the master of php-fpm and waits until its workers have finished. Returns 0 or a negative errno. */
int move_end_php_fpm(const char *unit);
