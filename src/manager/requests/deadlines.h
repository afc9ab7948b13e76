/* SPDX-License-Identifier: MIT */
#pragma once
/* Deadlines: notices requests that run for too long, on time and without a clock that ticks.
 *
 * One timer is armed for the earliest deadline of the requests that run. While that deadline is no further away than
 * the shortest time limit, no request that starts meanwhile can be due before it, and the manager need not hear of it;
 * else the control page asks the next worker that starts a request to wake the manager.
 *
 * Runs in: manager.
 * Trusts:  nobody: the start time is a claim of a worker. A worker that lies lives longer, or dies earlier. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"

typedef struct Deadlines Deadlines;

typedef enum DeadlineKind {
        DEADLINE_SLOW, /* its stack is wanted */
        DEADLINE_END,  /* it is to be ended */
        _DEADLINE_MAX,
} DeadlineKind;

typedef struct DeadlineRule {
        uint64_t timeout_usec; /* 0: none */
        bool track_finished;   /* counts the time after fastcgi_finish_request() too */
} DeadlineRule;

/* Is called once for each request and kind, with the slot, the slot word of the request, and how long it has run. */
typedef void (*DeadlineHook)(
                DeadlineKind kind, unsigned slot, SlotWord word, uint64_t ran_usec, void *userdata);

/* Makes the timer for both kinds of time limits; board is borrowed. Returns 0 or a negative errno. */
int deadlines_new(Deadlines **ret, sd_event *event, const DeadlineRule rules[static _DEADLINE_MAX],
                Scoreboard *board, DeadlineHook hook, void *userdata);
Deadlines *deadlines_free(Deadlines *deadlines);
DEFINE_CLEANUP(Deadlines, deadlines_free);

/* Is to be called at the start, and each time that a worker has woken the manager, since a request may have begun. */
void deadlines_check(Deadlines *deadlines);
