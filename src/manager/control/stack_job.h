/* SPDX-License-Identifier: MIT */
#pragma once
/* StackJob: reads the PHP stack of each busy worker, one after the other, for one fpmctl trace.
 *
 * The zygote needs about a millisecond for one stack, and may hang: the workers whose stacks have not come in time are
 * named without a stack, so that there is always an answer.
 *
 * Runs in: manager. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "manager/generation/pool.h"

typedef struct StackJob StackJob;

/* Is called with the fd of the answer, which the hook closes, or a negative errno. The hook may free the job. */
typedef void (*StackJobHook)(int fd, void *userdata);

/* Starts to read the stack of the worker in slot, or of all for CONTROL_SLOT_ALL. hook is called once, later. Returns 0
 * or a negative errno. */
int stack_job_new(StackJob **ret, sd_event *event, Pool *pool, uint32_t slot, StackJobHook hook,
                void *userdata);
StackJob *stack_job_free(StackJob *stack_job);
DEFINE_CLEANUP(StackJob, stack_job_free);
