/* SPDX-License-Identifier: MIT */
#pragma once
/* Timer: one-shot timers on CLOCK_MONOTONIC, armed again and again in the same place.
 *
 * Runs in: manager. */

#include <stdint.h>
#include <systemd/sd-event.h>

/* Returns the time (CLOCK_MONOTONIC) of the event that is being handled. */
uint64_t timer_now_usec(sd_event *event);

/* Arms *source, which is made if it is NULL, for a time. Returns 0, or a negative errno after a line in the journal, in
 * which text says what will be missing ("the pool will not leave when idle"). */
int timer_arm(sd_event *event, sd_event_source **source, uint64_t usec,
                sd_event_time_handler_t handler, void *userdata, const char *text);

/* Stops a timer, if there is one. */
void timer_disarm(sd_event_source *source);
