/* SPDX-License-Identifier: MIT */
#pragma once
/* Checker: runs fpmd --test, which knows what this machine lacks of the things that a pool file names.
 *
 * Runs in: fpmctl. */

#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"

/* Runs it for POOL.conf in conf_dir. *ret has the lines of its output; the caller frees it.
 * Returns its exit status, or a negative errno when it could not be run. */
int checker_run(const char *conf_dir, const char *pool, char **ret);

/* What it says of one of many pools, as checker_run() does. */
typedef struct CheckerResult {
        int status;
        char *output; /* NULL: it could not be run */
} CheckerResult;

typedef struct CheckerResults {
        CheckerResult *items; /* in the order of the pools */
        size_t n_items;
} CheckerResults;

void checker_results_done(CheckerResults *results);

/* Does the same for n pools. Each of them is compared with all others, which are read once. Returns 0 or -ENOMEM. */
int checker_run_all(const char *conf_dir, const char *const pools[], size_t n, CheckerResults *ret);

/* Writes the lines of its output for a person, escaped. Takes output apart. */
void checker_print(char *output, FILE *f);
