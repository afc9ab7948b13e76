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

/* Embedded in its owner, which fills in the pool, borrowed, before the event loop runs. */
typedef struct Watchdog {
        Pool *pool;
        uint64_t patience_usec; /* WatchdogSec=; 0: there is no watchdog */
        sd_event_source *source;
        uint64_t pinged_usec;     /* the last ping; 0: none yet */
        uint64_t n_requests_seen; /* at the last check */
        unsigned n_stuck; /* checks in a row at which connections waited and no request was answered */
} Watchdog;

/* Begins to ping the pool, whose answer calls its hook alive(). Returns 0, also without a watchdog, or a negative
 * errno. */
int watchdog_start(Watchdog *watchdog, sd_event *event);
void watchdog_stop(Watchdog *watchdog);

/* Is to be called at each answer of the zygote: the next ping is not due soon. */
void watchdog_answered(Watchdog *watchdog);

/* Is to be called then, too, with how the pool is now: returns whether systemd may get a sign of
 * life. */
bool watchdog_requests_flow(Watchdog *watchdog, const PoolStatus *status);
