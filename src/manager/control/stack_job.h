/* SPDX-License-Identifier: MIT */
#pragma once
/* Tracer: reads the PHP stack of each busy worker, one after the other, for one fpmctl trace.
 *
 * The zygote needs about a millisecond for one, and may hang: what has not been read when the time is over
 * is named without a stack, so that there is always an answer.
 *
 * Runs in: manager. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "manager/generation/pool.h"

typedef struct Tracer Tracer;

/* fd: the answer, which the hook closes; or negative errno. The hook may free the tracer. */
typedef void (*TracerHook)(int fd, void *userdata);

/* Reads those in slot, or in all for CONTROL_SLOT_ALL. hook is called once, later. 0 or negative errno. */
int tracer_new(Tracer **ret, sd_event *event, Pool *pool, uint32_t slot, TracerHook hook,
                void *userdata);
Tracer *tracer_free(Tracer *tracer);
DEFINE_CLEANUP(Tracer, tracer_free);
