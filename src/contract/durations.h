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

/* Returns the bucket that counts a duration: the first whose bound is not below it. */
unsigned durations_bucket(uint64_t usec);

/* Returns the bound of a bucket in seconds, as Prometheus writes it; that of the last bucket is "+Inf". */
const char *durations_bound(unsigned bucket);

/* Adds numbers that a worker claims. Each is limited to what is possible, so that no sum overflows whatever the workers
 * claim. */
void durations_add_claim(Durations *sum, const Durations *claim);

/* Adds a sum that durations_add_claim() has made. */
void durations_add(Durations *sum, const Durations *other);
