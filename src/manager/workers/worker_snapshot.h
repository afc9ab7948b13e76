/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerSnapshot: what one worker does, copied from the scoreboard to be shown outside.
 *
 * Runs in: manager.
 * Trusts:  nobody: what the worker wrote is text and numbers to show, nothing else. */

#include <stdbool.h>
#include <sys/types.h>

#include "contract/scoreboard.h"

typedef struct WorkerSnapshot {
        unsigned generation, slot;
        pid_t pid;
        SlotView view;
} WorkerSnapshot;

/* Returns whether the worker has a request, by its own word. */
static inline bool worker_snapshot_is_busy(const WorkerSnapshot *snapshot) {
        return snapshot->view.state > SLOT_IDLE;
}
