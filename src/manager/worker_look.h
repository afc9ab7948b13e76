/* SPDX-License-Identifier: MIT */
#pragma once
/* Worker look: what one worker does, as it is shown outside.
 *
 * Runs in: manager.
 * Trusts:  nobody: what the worker wrote is text and numbers to show, nothing else. */

#include <jansson.h>

#include "manager/generation.h"

typedef struct WorkerLook {
        unsigned generation, slot;
        pid_t pid;
        SlotView view;
} WorkerLook;

/* New. NULL: no memory. */
json_t *worker_look_json(const WorkerLook *look, uint64_t now_usec);

/* Whether it has a request, by its own word. */
bool worker_look_is_busy(const WorkerLook *look);
