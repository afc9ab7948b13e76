/* SPDX-License-Identifier: MIT */
#pragma once
/* Rates: what counters say per second, from one look to the next. Pure.
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

typedef struct Rates Rates;

/* 0 or -ENOMEM. */
int rates_new(Rates **ret);
Rates *rates_free(Rates *rates);
DEFINE_CLEANUP(Rates, rates_free);

/* Since the last sample of that name, which this one replaces. At the first, or when a counter has gone
 * back (the pool was started anew), since the beginning, uptime_usec ago. 0 or -ENOMEM. */
int rates_add(Rates *rates, const char *name, const RateSample *sample, uint64_t uptime_usec,
                Rate *ret);
