/* SPDX-License-Identifier: MIT */
/* What can be seen of a generation's workers from outside. */

#include <errno.h>

#include "manager/generation/generation_internal.h"
#include "manager/workers/worker_snapshot.h"

int generation_snapshot_worker(Generation *g, unsigned slot, WorkerSnapshot *ret) {
        WorkerSnapshot look = { .generation = g->number, .slot = slot };
        int r;

        if (slot >= slots_count(generation_slots(g)))
                return -ENOENT;

        look.pid = slots_pid(generation_slots(g), slot);
        if (look.pid <= 0)
                return -ENOENT;

        r = scoreboard_view_slot(g->board, slot, &look.view);
        if (r < 0)
                return r;

        *ret = look;
        return 0;
}

int generation_durations(const Generation *g, Durations *ret) {
        return scoreboard_durations(g->board, ret);
}

unsigned generation_count_slots(Generation *g) {
        return slots_count(generation_slots(g));
}

int generation_each_busy(Generation *g, BusyHook hook, void *userdata) {
        int r;

        r = scoreboard_copy(g->board);
        for (unsigned i = 0; r == 0 && i < slots_count(generation_slots(g)); i++) {
                SlotWord word = scoreboard_word(g->board, i);

                if (slot_word_state(word) > SLOT_IDLE && slots_pid(generation_slots(g), i) > 0)
                        r = hook(g, i, word, userdata);
        }

        return r;
}

int generation_trace(Generation *g, unsigned slot, unsigned depth, TraceHook hook, void *userdata) {
        return g->state >= GENERATION_ORPHANED
                               ? -ECANCELED
                               : stack_requests_ask(g->stack_requests, slot, depth, hook, userdata);
}

void generation_forget_stacks(Generation *g, const void *userdata) {
        stack_requests_forget(g->stack_requests, userdata);
}
