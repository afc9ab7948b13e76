/* SPDX-License-Identifier: MIT */
#include "manager/workers/slots.h"

#include <errno.h>
#include <stdlib.h>

typedef struct Slot {
        SlotLife life;
        pid_t pid;
        uint64_t forked_usec;
} Slot;

struct Slots {
        unsigned n, n_taken, n_forking;
        Backoff backoff; /* of the generation: when one dies at once, all do */
        Slot items[];
};

int slots_new(Slots **ret, unsigned n) {
        Slots *slots = calloc(1, sizeof(*slots) + n * sizeof(slots->items[0]));

        if (!slots)
                return -ENOMEM;

        slots->n = n;
        *ret = slots;
        return 0;
}

Slots *slots_free(Slots *slots) {
        free(slots);
        return NULL;
}

unsigned slots_count(const Slots *slots) {
        return slots->n;
}

unsigned slots_taken(const Slots *slots) {
        return slots->n_taken;
}

unsigned slots_forking(const Slots *slots) {
        return slots->n_forking;
}

SlotLife slots_life(const Slots *slots, unsigned slot) {
        return slots->items[slot].life;
}

pid_t slots_pid(const Slots *slots, unsigned slot) {
        return slots->items[slot].pid;
}

uint64_t slots_pause_until_usec(const Slots *slots) {
        return slots->backoff.until_usec;
}

static void slot_vacate(Slots *slots, unsigned slot) {
        slots->items[slot] = (Slot){};
        slots->n_taken--;
}

bool slots_take(Slots *slots, unsigned *ret_slot) {
        for (unsigned i = 0; i < slots->n; i++) {
                if (slots->items[i].life != SLOT_VACANT)
                        continue;

                slots->items[i].life = SLOT_FORKING;
                slots->n_taken++;
                slots->n_forking++;
                *ret_slot = i;
                return true;
        }

        return false;
}

int slots_forked(Slots *slots, unsigned slot, pid_t pid, uint64_t now_usec) {
        if (slots->items[slot].life != SLOT_FORKING)
                return -EBADMSG;

        slots->items[slot] = (Slot){ .life = SLOT_ALIVE, .pid = pid, .forked_usec = now_usec };
        slots->n_forking--;
        return 0;
}

int slots_not_forked(Slots *slots, unsigned slot, uint64_t now_usec) {
        if (slots->items[slot].life != SLOT_FORKING)
                return -EBADMSG;

        slots->n_forking--;
        slot_vacate(slots, slot);
        backoff_fail(&slots->backoff, 0, now_usec);
        return 0;
}

int slots_exited(Slots *slots, unsigned slot, SlotEnd end, uint64_t now_usec,
                uint64_t *ret_lived_usec) {
        Slot *s = &slots->items[slot];

        if (s->life != SLOT_ALIVE && s->life != SLOT_RETIRING)
                return -EBADMSG;

        *ret_lived_usec = now_usec - s->forked_usec;
        if (end == SLOT_NEVER_STARTED)
                backoff_fail(&slots->backoff, *ret_lived_usec, now_usec);
        else if (end == SLOT_CRASHED)
                backoff_pause(&slots->backoff, *ret_lived_usec, now_usec);
        else
                backoff_reset(&slots->backoff);
        slot_vacate(slots, slot);
        return 0;
}

int slots_retire(Slots *slots, unsigned slot) {
        if (slots->items[slot].life != SLOT_ALIVE)
                return -EBADMSG;

        slots->items[slot].life = SLOT_RETIRING;
        return 0;
}
