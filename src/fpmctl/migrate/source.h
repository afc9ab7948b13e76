/* SPDX-License-Identifier: MIT */
#pragma once
/* MigrateSource: what the php-fpm.conf of a machine says, with all that it includes: the lines of [global] and of each
 * pool, in the order in which php-fpm reads them, and what of them is not understood.
 *
 * Runs in: fpmctl.
 * Trusts:  nobody: each line is checked against the table of directives. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/directive/directive.h"

typedef struct MigrateLine {
        const Directive *directive;
        char *key, *sub, *raw; /* as written; sub is NULL without brackets */
        char *file;
        unsigned line;
        mode_t mode; /* that a copy of the file may have */
} MigrateLine;

typedef struct MigratePool {
        char *name; /* NULL for [global] */
        char *php;  /* the version whose php-fpm.conf has it; NULL: the path does not say it */
        MigrateLine *lines;
        size_t n_lines;
} MigratePool;

typedef struct MigrateSource {
        MigratePool global;
        MigratePool *pools;
        size_t n_pools;
        char **problems; /* lines for the administrator; with one of them nothing may be written */
        size_t n_problems;
} MigrateSource;

/* Adds what a php-fpm.conf says. php is the version that reads the file and is copied; NULL: any version may. What is
 * not understood becomes a problem. Returns 0 or -ENOMEM. */
int migrate_source_read(MigrateSource *source, const char *file, const char *php);

void migrate_source_done(MigrateSource *source);

/* Adds a line to the problems. Returns 0 or -ENOMEM. */
__attribute__((format(printf, 2, 3))) int migrate_source_add_problem(
                MigrateSource *source, const char *format, ...);

/* Adds what a check of the file that was made of a pool has said, a problem for each line: with the place in php-fpm's
 * files, where the text names the made one. Takes output apart. Returns 0 or -ENOMEM. */
int migrate_source_add_refusal(
                MigrateSource *source, const MigratePool *pool, const char *made, char *output);

/* Returns the last line of a pool with that key, which is the one that counts, or NULL. */
const MigrateLine *migrate_pool_find(const MigratePool *pool, const char *key);

/* Makes the path of a line, "listen" or "pm.status_listen", as php-fpm itself calls it: with doubled slashes, if it is
 * written with them. The caller frees *ret, which is NULL where the pool has no such line or it is no path. Returns 0
 * or -ENOMEM. */
int migrate_pool_path(const MigratePool *pool, const char *key, char **ret);

/* Returns the unit of the php-fpm that has the pool, "php8.2-fpm.service", or "" where the path of its php-fpm.conf
 * does not say the version. The caller frees it. NULL: no memory. */
char *migrate_pool_unit(const MigratePool *pool);
