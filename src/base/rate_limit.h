/* SPDX-License-Identifier: MIT */
#pragma once
/* RateLimit: one line of a kind per interval, and how many were left out. Pure.
 *
 * Runs in: any process. What strangers cause must not fill the journal. */

#include <stdbool.h>
#include <stdint.h>

#define RATE_LIMIT_USEC UINT64_C(10000000)

typedef struct RateLimit {
        uint64_t quiet_until_usec;
        unsigned n_left_out;
} RateLimit;

/* Returns whether to speak now. If so, *ret_left_out is how often the answer was no since the last time. */
static inline bool rate_limit_allows(RateLimit *limit, uint64_t now_usec, unsigned *ret_left_out) {
        if (now_usec < limit->quiet_until_usec) {
                limit->n_left_out++;
                return false;
        }

        *ret_left_out = limit->n_left_out;
        *limit = (RateLimit){ .quiet_until_usec = now_usec + RATE_LIMIT_USEC };
        return true;
}
