/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateState: what a migration has made, so that it can be undone: the files with their text, what stood in their
 * places, the pools with their addresses, and how php-fpm was.
 *
 * Runs in: fpmctl, as root. */

#include <jansson.h>
#include <stdbool.h>

#include "fpmctl/migrate/move.h"

/* The object of the state file, which the caller owns; NULL: there is none, or it is not readable. Its members: "files"
 * and "saved" are objects of path and text; "units" has for each php-fpm how it was ("enabled", "active") and "pools",
 * an object of names and lists of addresses; "moved" is whether a move was begun, "done" whether it came to its end. */
json_t *migrate_state_read(void);

/* Write it, and remove it. Return 0 or a negative errno. */
int migrate_state_write(const json_t *state);
int migrate_state_remove(void);

/* The pools of one of the units. The caller frees with migrate_state_pools_done(). Returns 0 or -ENOMEM. */
int migrate_state_pools(const json_t *unit, MovePool **ret, size_t *ret_n);
void migrate_state_pools_done(MovePool *pools, size_t n);
