/* SPDX-License-Identifier: MIT */
/* What can be seen of a generation and its workers from outside. */

#include <errno.h>
#include <limits.h>

#include "base/number.h"
#include "manager/generation/generation_internal.h"
#include "manager/workers/worker_snapshot.h"

uint64_t generation_drain_limit_usec(const Generation *g) {
        return generation_life_drain_limit_usec(&g->life);
}

uint64_t generation_drain_left_usec(const Generation *g) {
        uint64_t end_usec = g->life.limit_usec, now = generation_now_usec(g);

        if (end_usec == 0)
                return 0;

        return end_usec > now ? end_usec - now : 1;
}

GenerationState generation_state(const Generation *g) {
        return g->life.state;
}

HandoffPair *generation_pair(const Generation *g) {
        return g->listeners.pair;
}

unsigned generation_number(const Generation *g) {
        return g->number;
}

const PoolConfig *generation_config(const Generation *g) {
        return g->config;
}

const char *generation_reason(const Generation *g) {
        return *g->reason ? g->reason
                          : "the new zygote died before it was ready; the journal has more";
}

uint64_t generation_worker_limit(const Generation *g) {
        return workforce_worker_limit(g->workforce);
}

void generation_describe_worker_limit(const Generation *g, char *buffer, size_t size) {
        workforce_describe_worker_limit(g->workforce, buffer, size);
}

bool generation_refused(const Generation *g) {
        return g->refused;
}

unsigned generation_queue_length(const Generation *g) {
        return listeners_queue_length(&g->listeners);
}

const char *generation_outdated(const Generation *g) {
        return php_files_changed(&g->php_files);
}

uint64_t generation_php_start_usec(const Generation *g) {
        return g->php_start_usec;
}

uint32_t generation_totals_asked(const Generation *g) {
        return scoreboard_totals_asked(g->board);
}

void generation_publish(
                Generation *g, const PoolTotals *totals, bool are_whole, uint32_t question) {
        scoreboard_set_totals(g->board, totals, are_whole, question);
}

int generation_summarize(Generation *g, ScoreboardSummary *ret) {
        return scoreboard_summarize(g->board, ret);
}

int generation_add_counts(Generation *g, GenerationCounts *counts, ScoreboardSummary *ret_now) {
        uint64_t n_refused = 0, n_busy_max = 0, n_queued_max = 0,
                 n_slots = scoreboard_slots(g->board);
        int r;

        (void) scoreboard_refused(g->board, &n_refused);
        (void) scoreboard_busy_max(g->board, &n_busy_max);
        (void) scoreboard_queued_max(g->board, &n_queued_max);
        /* Claims: no more requests run than there are slots, and no queue is longer than an int. */
        n_busy_max = number_min(n_busy_max, n_slots);
        n_queued_max = number_min(n_queued_max, INT_MAX);

        counts->n_slow += request_timeouts_count_slow(g->request_timeouts);
        counts->n_queue_timeouts += n_refused;
        counts->n_limit_reached += workforce_limit_reached(g->workforce);
        counts->n_queued_max = number_max(number_max(counts->n_queued_max, n_queued_max),
                        queue_watch_peak(g->queue_watch));
        counts->n_busy_max = number_max(counts->n_busy_max, n_busy_max);

        r = generation_summarize(g, ret_now);
        if (r < 0)
                return r;

        counts->n_requests += ret_now->n_requests;
        return 0;
}

int generation_snapshot_worker(Generation *g, unsigned slot, WorkerSnapshot *ret) {
        WorkerSnapshot snapshot = { .generation = g->number, .slot = slot };
        int r;

        if (slot >= slots_count(generation_slots(g)))
                return -ENOENT;

        snapshot.pid = slots_pid(generation_slots(g), slot);
        if (snapshot.pid <= 0)
                return -ENOENT;

        r = scoreboard_view_slot(g->board, slot, &snapshot.view);
        if (r < 0)
                return r;

        *ret = snapshot;
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

int generation_trace(Generation *g, const StackQuestion *question, TraceHook hook, void *userdata) {
        return g->life.state >= GENERATION_ORPHANED
                               ? -ECANCELED
                               : stack_requests_ask(g->stack_requests, question, hook, userdata);
}

void generation_forget_stacks(Generation *g, const void *userdata) {
        stack_requests_forget(g->stack_requests, userdata);
}
