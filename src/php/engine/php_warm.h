/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpWarm: a generation compiles what the one before it had in use, before it takes over (reload_warm); and a pool
 * reads what it had in use when it left (idle_warm).
 *
 * Each generation has an opcache of its own. All functions but one run in a child of the zygote, which only ever has
 * started PHP: what they leave behind in PHP is gone with the child, and only opcache's shared memory has more in
 * it. The caller has called php_engine_enter_worker() there.
 *
 * Runs in: zygote, children of it. */

#include <stdbool.h>
#include <stdint.h>

#include "php/files/kept_scripts.h"

/* Writes which scripts opcache has to fd. Returns 0 or a negative errno. */
int php_warm_list(int fd);

typedef struct PhpWarmResult {
        unsigned n_scripts, n_tried; /* of the list */
} PhpWarmResult;

/* Reads such a list from fd, and compiles the scripts until until_usec of CLOCK_MONOTONIC, without running them.
 * Returns 0 or a negative errno. */
int php_warm_compile(int fd, uint64_t until_usec, PhpWarmResult *ret);

/* In the zygote: returns false when opcache has got fewer scripts than n since PHP's start, as far as the room that
 * they would need shows it. */
bool php_warm_may_have(unsigned n);

/* Writes which scripts opcache has for the next start. Returns 0 or a negative errno. */
int php_warm_keep(const KeptScripts *kept);

/* Has opcache read what it has compiled of the scripts of a list, until that time. Returns 0 or a negative errno. */
int php_warm_read(const KeptScripts *kept, const char *list, size_t size, uint64_t until_usec);
