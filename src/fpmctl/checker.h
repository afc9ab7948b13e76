/* SPDX-License-Identifier: MIT */
#pragma once
/* Checker: runs fpmd --test, which knows what this machine lacks of the things that a pool file names.
 *
 * Runs in: fpmctl. */

#include <stdio.h>

/* Runs it for POOL.conf in conf_dir. *ret has the lines of its output; the caller frees it.
 * Returns its exit status, or a negative errno when it could not be run. */
int checker_run(const char *conf_dir, const char *pool, char **ret);

/* Writes the lines of its output for a person, escaped. Takes output apart. */
void checker_print(char *output, FILE *f);
