/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitLines: what an administrator has set for php-fpm's unit: the drop-ins of systemctl edit.
 *
 * Runs in: fpmctl. */

#include "fpmctl/migrate/plan.h"

typedef struct UnitLines {
        MigrateUnitLine *items;
        size_t n_items;
} UnitLines;

/* Adds the lines of [Unit] and [Service] in each drop-in of the unit that systemd knows of. Returns 0, or the negative
 * errno for which one cannot be read. */
int unit_lines_read(UnitLines *ret, const char *unit);
void unit_lines_done(UnitLines *lines);
