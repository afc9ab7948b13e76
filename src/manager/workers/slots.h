/* SPDX-License-Identifier: MIT */
#pragma once
/* Slots: what the manager knows of the workers of one generation from its own orders and the
 * zygote's reports, without a look at the scoreboard.
 *
 * Runs in: manager. Pure: the caller gives the time. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "manager/workers/policy.h"

typedef enum SlotLife {
        SLOT_VACANT,
        SLOT_FORKING, /* asked for */
        SLOT_ALIVE,
        SLOT_RETIRING, /* asked to leave */
} SlotLife;

typedef struct Slots Slots;

/* Makes n vacant slots. Returns 0 or -ENOMEM. */
int slots_new(Slots **ret, unsigned n);
Slots *slots_free(Slots *slots);
DEFINE_CLEANUP(Slots, slots_free);

/* Return how many slots there are, how many of them are not vacant, and how many wait for their worker; the life of a
 * slot; and the pid of its worker, which is the zygote's word and for display only, or 0. */
unsigned slots_count(const Slots *slots);
unsigned slots_taken(const Slots *slots);
unsigned slots_forking(const Slots *slots);
SlotLife slots_life(const Slots *slots, unsigned slot);
pid_t slots_pid(const Slots *slots, unsigned slot);

/* Takes a vacant slot for a FORK that is sent now. Returns false if there is none. */
bool slots_take(Slots *slots, unsigned *ret_slot);

/* Take the zygote's reports. Return 0, or -EBADMSG when the slot is not in a state in which the report can be true. */
int slots_forked(Slots *slots, unsigned slot, pid_t pid, uint64_t now_usec);
int slots_not_forked(Slots *slots, unsigned slot, uint64_t now_usec);

typedef enum SlotEnd {
        SLOT_LEFT,          /* by itself, as asked */
        SLOT_CRASHED,       /* at the socket or in a request: a short pause, if it lived shortly */
        SLOT_NEVER_STARTED, /* a pause that grows */
        _SLOT_END_MAX,
} SlotEnd;

/* Takes the report that a worker has ended, and writes how long it lived. Returns as above. */
int slots_exited(Slots *slots, unsigned slot, SlotEnd end, uint64_t now_usec,
                uint64_t *ret_lived_usec);

/* Notes that the worker of a slot was asked to leave. Returns 0, or -EBADMSG when none lives there. */
int slots_retire(Slots *slots, unsigned slot);

/* Returns before which time no worker may be forked because workers died at once, or 0. */
uint64_t slots_pause_until_usec(const Slots *slots);
