/* SPDX-License-Identifier: MIT */
#pragma once
/* MoveUnits: what the ways there and back share: names, and what is done to units.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>
#include <sys/types.h>

#include "fpmctl/migrate/move_pool.h"

/* Of the socket unit of a moved pool, and of php-fpm's unit while it is being moved. */
#define MOVE_DROPIN "90-moved.conf"
#define MOVE_PHP_FPM_DROPIN "90-fpmd-migrate.conf"

/* Behind the path where fpmd listens until the next boot, and behind the one of php-fpm's socket while the path itself
 * leads to fpmd. */
#define MOVE_FPMD_SUFFIX ".fpmd"
#define MOVE_PHP_FPM_SUFFIX ".php-fpm"

enum {
        MOVE_STEP_MSEC = 20,
};

/* Returns whether an address is the path of a unix socket, and whether there is room for the one beside a path. */
bool move_is_unix(const MoveAddress *address);
bool move_has_room(const char *path);

/* Make PATH.fpmd and PATH.php-fpm, which are beside the path, so that a container that has its folder has all of them;
 * and the name of a pool's unit, fpmd@POOL.TYPE. The caller frees them. Return NULL when memory is short. */
char *move_fpmd_path(const char *path);
char *move_php_fpm_path(const char *path);
char *move_unit_name(const char *pool, const char *type);

/* Removes what stands beside the paths of a pool under the name that beside makes: one of the first two above. */
void move_forget_paths(const MovePool *pool, char *(*beside)(const char *path));

/* Waits for MOVE_STEP_MSEC. */
void move_pause(void);

/* Writes one line on standard error: which pool, what has failed, and the text of error. Returns error. */
int move_complain(const char *pool, const char *what, int error);

/* Returns the main process of a unit, or 0 if it has none. */
pid_t move_main_pid(const char *unit);

/* Returns whether the unit runs, or systemd is about to start it. */
bool move_is_active(const char *unit);

/* Runs systemctl once for the services, or the sockets, of all pools. Returns 0 or a negative errno. */
int move_systemctl(const MoveUnit *unit, const char *verb, const char *option, const char *type);

/* Starts, or stops, socket and service of a pool; a pool whose service does not start is left stopped. Return 0 or a
 * negative errno. */
int move_start_pool(const MovePool *pool);
int move_stop_pool(const MovePool *pool);

/* Kills the master of php-fpm, if there is one, and waits until its workers have finished. Returns 0 or a negative
 * errno. */
int move_end_php_fpm(const char *unit);
