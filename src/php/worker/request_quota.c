/* SPDX-License-Identifier: MIT */
#include "php/worker/request_quota.h"

/* A tenth of a small number is one or nothing, so that half of the workers, or all, would have the same quota. With
 * three there are four groups. More than half would make workers hardly worth their fork. */
#define LESS_AT_LEAST 3

static uint64_t most_less(uint64_t max_requests) {
        uint64_t tenth = max_requests / 10, half = max_requests / 2;

        if (tenth >= LESS_AT_LEAST)
                return tenth;

        return half < LESS_AT_LEAST ? half : LESS_AT_LEAST;
}

/* Not all at once: workers that were forked together and share the load would otherwise reach the
 * limit together, and the pool would be empty for a moment. The factor is a prime, so that as many
 * slots in a row as there are different numbers have each of them once. */
uint64_t request_quota_requests(uint64_t max_requests, unsigned slot) {
        return max_requests - (slot * UINT64_C(2654435761)) % (most_less(max_requests) + 1);
}
