/* SPDX-License-Identifier: MIT */
#pragma once
/* Deadlines: notices requests that run for too long, on time and without a clock that ticks.
 *
 * One timer, armed for the earliest deadline of the requests that run. A request that starts later
 * ends later, so while it is armed nobody needs to tell of a start; with no request running it is
 * off, and the ledger asks the next worker that starts one to ring.
 *
 * Runs in: manager.
 * Trusts:  nobody: the start time is a worker's word. A worker that lies lives longer, or dies
 * earlier. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "shared/cleanup.h"
#include "shared/scoreboard.h"

typedef struct Deadlines Deadlines;

/* Called once for each request: slot, its word, how long it has run. */
typedef void (*DeadlineHook)(unsigned slot, SlotWord word, uint64_t ran_usec, void *userdata);

/* timeout_usec 0: never does anything. track_finished: counts the time after
 * fastcgi_finish_request() too. Borrows board. 0 or negative errno. */
int deadlines_new(Deadlines **ret, sd_event *event, uint64_t timeout_usec, bool track_finished,
                Scoreboard *board, DeadlineHook hook, void *userdata);
Deadlines *deadlines_free(Deadlines *deadlines);
DEFINE_CLEANUP(Deadlines, deadlines_free);

/* At the start, and whenever a bell rings: a request may have begun. */
void deadlines_look(Deadlines *deadlines);
