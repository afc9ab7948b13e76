/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateState: what a migration has made, so that it can be undone: the files with their text, what stood in their
 * places, the pools with their addresses, and how php-fpm was.
 *
 * Runs in: fpmctl, as root. */

#include <jansson.h>
#include <stdbool.h>

#include "fpmctl/migrate/move_pool.h"
#include "fpmctl/migrate/plan.h"

/* Takes the right to read and change the state and what it stands for, which one process has at a time. Returns an fd,
 * with whose end the right ends, also by death; -EWOULDBLOCK if another process has it; or another negative errno. */
int migrate_state_lock(void);

/* Reads the state file. *ret is its object, which the caller owns, or NULL if there is no such file. Returns 0,
 * -EBADMSG if it is not JSON, or the negative errno for which it cannot be read.
 *
 * Its members: "files" and "saved" are objects of path and text; "units" has for each php-fpm how it was ("enabled",
 * "active") and "pools", an object of names and lists of addresses. Each of these is whether it has come so far:
 * "written" all files, "moved" the move was begun, "done" it came to its end, "back" the way back was begun. */
int migrate_state_read(json_t **ret);

/* Makes the state of a migration that is about to write the files of the plan below base, with the text of what stands
 * in their places now. The caller owns *ret. Returns 0 or -ENOMEM. */
int migrate_state_new(json_t **ret, const MigratePlan *plan, const char *base);

/* Adds a pool, whose file in conf_dir is written already, with its addresses. When it is the first one of its php-fpm,
 * asks systemd whether that runs and is enabled. Returns 0, -ENOMEM, or as pool_files_load_name() does. */
int migrate_state_add_pool(json_t *state, const char *conf_dir, const MigratePool *pool);

/* Writes the state file. Returns 0 or a negative errno. */
int migrate_state_write(const json_t *state);

/* Undoes the files of the migration (plan_files_restore()), then removes the state file. Returns 0 or a negative
 * errno. */
int migrate_state_undo_files(const json_t *state);

/* Returns whether the state has come so far; sets that it has, and writes the file: 0 or a negative errno. */
bool migrate_state_has(const json_t *state, const char *step);
int migrate_state_reach(json_t *state, const char *step);

/* Reads one of the units, whose name stays the caller's. The caller frees with migrate_state_unit_done(). Returns 0 or
 * -ENOMEM. */
int migrate_state_unit(MoveUnit *ret, const char *name, const json_t *unit);
void migrate_state_unit_done(MoveUnit *unit);
