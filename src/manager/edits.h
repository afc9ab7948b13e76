/* SPDX-License-Identifier: MIT */
#pragma once
/* Edits: the reloads that a pool asks for itself, since files have changed that it runs (worker_watch).
 *
 * Runs in: manager.
 * Trusts:  nobody: that something has changed is the word of the pool's processes. There is one reload a second at
 *          most, and edit_rounds.h says when there are fewer. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "manager/edit_rounds.h"
#include "manager/reload.h"

/* Embedded in its owner, who fills in event and reload, and calls edits_done(). */
typedef struct Edits {
        sd_event *event;
        Reload *reload;
        sd_event_source *timer;
        EditRounds rounds;
} Edits;

/* Is to be called when the generation that serves says that files have changed: asks for a reload, now or when the
 * pause is over. which is the same for the same files. */
void edits_note(Edits *edits, uint64_t which);

/* Is to be called when another generation begins to serve. */
void edits_served(Edits *edits);

void edits_done(Edits *edits);
