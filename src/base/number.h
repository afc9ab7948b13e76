/* SPDX-License-Identifier: MIT */
#pragma once
/* Number: the lesser and the greater of two. Pure.
 *
 * Runs in: any process. */

#include <stdint.h>

/* Returns the lesser of both. */
static inline uint64_t number_min(uint64_t a, uint64_t b) {
        return a < b ? a : b;
}

/* Returns the greater of both. */
static inline uint64_t number_max(uint64_t a, uint64_t b) {
        return a > b ? a : b;
}
