/* SPDX-License-Identifier: MIT */
#pragma once
/* PlanFiles: the files of a plan on disk. They are written below a base folder, whose conf.d has the pool files, and
 * can be taken away again.
 *
 * Runs in: fpmctl, as root. */

#include <jansson.h>

#include "fpmctl/migrate/plan.h"

/* Writes each file of the plan below base, and makes base and its conf.d where they are missing. Returns 0 or a
 * negative errno; the files that were written before an error stay. */
int plan_files_write(const MigratePlan *plan, const char *base);

/* Removes the files of the plan below base, and base itself if nothing else is in it. Errors are passed over: this is
 * for a folder that was made for a trial. */
void plan_files_remove(const MigratePlan *plan, const char *base);

/* Undoes the files of a migration: what stood in their places before is written there again. A file that somebody has
 * changed since the migration is kept as PATH.changed, which standard output tells. files and saved are the members of
 * the state (state.h). Returns 0 or a negative errno. */
int plan_files_restore(json_t *files, const json_t *saved);
