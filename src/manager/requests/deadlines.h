/* SPDX-License-Identifier: MIT */
#pragma once
/* Deadlines: notices requests that run for too long, on time and without a clock that ticks.
 *
 * One timer, armed for the earliest deadline of the requests that run. While that is no later than the shortest
 * time from now, whatever starts meanwhile cannot be due before it, and nobody needs to tell of a start; else
 * the control page asks the next worker that starts a request to ring.
 *
 * Runs in: manager.
 * Trusts:  nobody: the start time is a worker's word. A worker that lies lives longer, or dies
 * earlier. */

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

/* Called once for each request and kind: slot, its word, how long it has run. */
typedef void (*DeadlineHook)(
                DeadlineKind kind, unsigned slot, SlotWord word, uint64_t ran_usec, void *userdata);

/* Borrows board. 0 or negative errno. */
int deadlines_new(Deadlines **ret, sd_event *event, const DeadlineRule rules[static _DEADLINE_MAX],
                Scoreboard *board, DeadlineHook hook, void *userdata);
Deadlines *deadlines_free(Deadlines *deadlines);
DEFINE_CLEANUP(Deadlines, deadlines_free);

/* At the start, and whenever a bell rings: a request may have begun. */
void deadlines_check(Deadlines *deadlines);
