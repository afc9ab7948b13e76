/* SPDX-License-Identifier: MIT */
#pragma once
/* MovePool: what is to be moved.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stddef.h>

typedef struct MovePool {
        char *name;
        char **addresses; /* as in the pool file */
        size_t n_addresses;
} MovePool;

/* The pools of one php-fpm. */
typedef struct MoveUnit {
        const char *name; /* "php8.2-fpm.service"; borrowed */
        MovePool *pools;
        size_t n_pools;
        bool was_enabled;
} MoveUnit;
