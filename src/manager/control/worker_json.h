/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerJson: one worker, as the manager describes it to fpmctl.
 *
 * Runs in: manager. */

#include <jansson.h>

#include "manager/workers/worker_snapshot.h"

/* Returns a new object that describes the worker at now_usec (CLOCK_MONOTONIC), or NULL when memory is short. */
json_t *worker_json(const WorkerSnapshot *worker, uint64_t now_usec);
