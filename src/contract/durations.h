/* SPDX-License-Identifier: MIT */
#pragma once
/* Durations: how many requests took how long, as a histogram with fixed bounds. Pure.
 *
 * Runs in: manager and workers. */

#include <stdint.h>

enum {
        DURATION_BUCKETS = 15, /* with the sum, two cache lines */
};

typedef struct Durations {
        uint64_t n[DURATION_BUCKETS]; /* of each bucket alone */
        uint64_t sum_usec;
} Durations;

/* In which one it is counted: the first whose bound is not below. */
unsigned durations_bucket(uint64_t usec);

/* That bound, in seconds, as Prometheus writes it; of the last one "+Inf". */
const char *durations_bound(unsigned bucket);

/* Adds what somebody claims to have counted: each number at most what can be, so that no sum overflows,
 * however many claim whatever. */
void durations_add_claim(Durations *sum, const Durations *claim);

/* Adds sums of the above. */
void durations_add(Durations *sum, const Durations *other);
