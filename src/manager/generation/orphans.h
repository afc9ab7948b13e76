/* SPDX-License-Identifier: MIT */
#pragma once
/* Orphans: the workers that a dead zygote leaves behind.
 *
 * While the zygote lives, it alone signals them. When it dies they become children of the manager (reaper.h), which
 * then does for them what the zygote did: kills those that run too long, reports how they ended, and marks them dead on
 * the scoreboard.
 *
 * Runs in: manager.     Owns: the watches of its workers.
 * Trusts:  nobody. Which pid a slot has is the zygote's word, never a worker's, and is used only here, after the kernel
 * has confirmed that it is a child of ours: so a zygote that lies harms processes of its own pool. */

#include "base/cleanup.h"
#include "contract/scoreboard.h"
#include "manager/workers/reaper.h"
#include "manager/workers/slots.h"

typedef struct Orphans {
        Reaper *reaper;
        Slots *slots;
        Scoreboard *board;
        unsigned generation; /* for display */
        uid_t user;          /* whose they are */

        /* The worker of that slot has ended, and was marked dead on the scoreboard. */
        void (*left)(unsigned slot, int wait_status, void *userdata);
        void *userdata;
} Orphans;

/* Takes over the workers of all slots at now_usec, the time of the event loop; a slot whose worker cannot be found is
 * vacant afterwards. Returns how many workers there are. */
unsigned orphans_adopt(Orphans *orphans, uint64_t now_usec);

/* Kill the worker of a slot, if it still has the request of that slot word; and kill all of them. */
void orphans_end(Orphans *orphans, unsigned slot, SlotWord word);
void orphans_kill(Orphans *orphans);

/* Stops to watch: left() is not called any more, and workers that end from now on are reaped without a message. */
void orphans_forget(Orphans *orphans);
