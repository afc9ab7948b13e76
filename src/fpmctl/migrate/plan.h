/* SPDX-License-Identifier: MIT */
#pragma once
/* MigratePlan: the files that take the place of a php-fpm.conf, and where each of its words lives then. Pure.
 *
 * Runs in: fpmctl. */

#include "fpmctl/migrate/source.h"

typedef struct MigrateFile {
        char *name; /* "fpmd.conf", "conf.d/NAME.conf" */
        char *text;
        mode_t mode;
} MigrateFile;

typedef struct MigrateRow {
        char *place, *what, *now;
} MigrateRow;

typedef struct MigratePlan {
        MigrateFile *files;
        size_t n_files;
        MigrateRow *rows;
        size_t n_rows;
} MigratePlan;

/* A setting of php-fpm's own unit, which an administrator has made. */
typedef struct MigrateUnitLine {
        char *place, *key, *value;
        mode_t mode; /* that a copy of its file may have */
} MigrateUnitLine;

/* Makes the plan for what php-fpm's files and the drop-ins of its units say: who could not read a line there cannot
 * read it in the files of the plan. The caller frees it with migrate_plan_done(), also after an error. Returns 0 or
 * -ENOMEM. */
int migrate_plan_make(MigratePlan *ret, const MigrateSource *source,
                const MigrateUnitLine *unit_lines, size_t n_unit_lines);
void migrate_plan_done(MigratePlan *plan);
