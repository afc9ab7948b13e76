/* SPDX-License-Identifier: MIT */
#pragma once
/* StackJob: reads the PHP stack of each busy worker, one after the other, for one fpmctl trace.
 *
 * The zygote needs about a millisecond for one, and may hang: what has not been read when the time is over
 * is named without a stack, so that there is always an answer.
 *
 * Runs in: manager. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "manager/generation/pool.h"

typedef struct StackJob StackJob;

/* fd: the answer, which the hook closes; or negative errno. The hook may free the tracer. */
typedef void (*StackJobHook)(int fd, void *userdata);

/* Reads those in slot, or in all for CONTROL_SLOT_ALL. hook is called once, later. 0 or negative errno. */
int stack_job_new(StackJob **ret, sd_event *event, Pool *pool, uint32_t slot, StackJobHook hook,
                void *userdata);
StackJob *stack_job_free(StackJob *stack_job);
DEFINE_CLEANUP(StackJob, stack_job_free);
