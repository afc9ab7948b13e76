/* SPDX-License-Identifier: MIT */
#pragma once
/* Watchdog: the signs of life that systemd wants (WatchdogSec= of the unit), and what they prove: that the zygote
 * answers, and that requests flow.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "manager/generation/pool.h"

/* Embedded in its owner, who fills in the pool, borrowed, before the event loop runs. */
typedef struct Watchdog {
        Pool *pool;
        uint64_t patience_usec; /* systemd's; 0: it wants no signs */
        sd_event_source *source;
        uint64_t n_requests_seen; /* at the last look */
        unsigned n_stuck;         /* looks in a row at which nothing moved that should */
} Watchdog;

/* Begins to ping the pool, whose hook alive() is the answer. 0, also without a watchdog, or negative errno. */
int watchdog_start(Watchdog *watchdog, sd_event *event);
void watchdog_stop(Watchdog *watchdog);

/* To be asked at each sign of life of the zygote: whether systemd may have it. */
bool watchdog_requests_flow(Watchdog *watchdog);
