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

/* Returns whether an address, as in the pool file, is the path of a unix socket. */
bool move_is_unix(const char *address);

/* Make the path where the socket unit of a moved pool listens, PATH.fpmd, and the name of a pool's unit,
 * fpmd@POOL.TYPE. The caller frees them. Return NULL when memory is short. */
char *move_beside(const char *path);
char *move_unit(const char *pool, const char *type);

/* Waits for MOVE_STEP_MSEC. */
void move_pause(void);

/* Writes one line on standard error: which pool (NULL: none), what has failed, and the text of error. Returns
 * error. */
int move_complain(const char *pool, const char *what, int error);

/* Returns whether systemd says that the unit is active. */
bool move_is_active(const char *unit);

/* Kills the master of php-fpm and waits until its workers have finished. Returns 0 or a negative errno. */
int move_end_php_fpm(const char *unit);
