/* SPDX-License-Identifier: MIT */
#pragma once
/* MovePool: what is to be moved.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stddef.h>

typedef struct MoveAddress {
        char *text; /* as in the pool file; a path without doubled slashes and "/./", which is what systemd binds */
        char *php_fpm; /* the path as php-fpm has it, which binds what is written */
} MoveAddress;

typedef struct MovePool {
        char *name;
        MoveAddress *addresses;
        size_t n_addresses;
} MovePool;

/* The pools of one php-fpm. */
typedef struct MoveUnit {
        const char *name; /* "php8.2-fpm.service"; borrowed */
        MovePool *pools;
        size_t n_pools;
        bool was_enabled;
} MoveUnit;
