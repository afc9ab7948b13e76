/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateView: what fpmctl migrate tells.
 *
 * Runs in: fpmctl. */

#include "fpmctl/migrate/plan.h"
#include "fpmctl/migrate/source.h"

/* Prints what is not understood, on standard error. Returns the exit status. */
int migrate_print_problems(const MigrateSource *source);

/* Prints where each word lives now, as a table. Returns the exit status. */
int migrate_print_report(const MigratePlan *plan);

/* Prints the files of the plan as a diff of what is in base. */
void migrate_print_diff(const MigratePlan *plan, const char *base);
