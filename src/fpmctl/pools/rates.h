/* SPDX-License-Identifier: MIT */
#pragma once
/* Rates: counters as rates per second, from one sample to the next. Pure.
 *
 * Runs in: fpmctl. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct RateSample {
        uint64_t usec, requests, cpu_usec;
} RateSample;

typedef struct Rate {
        double requests, cpu; /* per second; CPU: 1 is one whole processor */
} Rate;

/* Returns requests per second since the start of a pool. In its first second they are those of one second: one request
 * of a pool that runs for 20 ms makes no rate of 50. Pure. */
double rate_since_start(double requests, double uptime_sec);

typedef struct Rates Rates;

/* Returns 0 or -ENOMEM. */
int rates_new(Rates **ret);
Rates *rates_free(Rates *rates);
DEFINE_CLEANUP(Rates, rates_free);

/* Computes the rate since the last sample of that name, which this one replaces. For the first sample, or when a
 * counter has gone back because the pool was started anew, it is the rate over uptime_usec, or over one second if that
 * is more. Returns 0 or -ENOMEM. */
int rates_add(Rates *rates, const char *name, const RateSample *sample, uint64_t uptime_usec,
                Rate *ret);
