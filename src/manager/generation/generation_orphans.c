/* SPDX-License-Identifier: MIT */
/* The end of a zygote, and what becomes of workers that it leaves behind.
 *
 * While it lives, it alone signals them. When it dies they become children of the manager (reaper.h), which then
 * does for them what the zygote did: ends what runs too long, tells how they left, and buries them on the
 * scoreboard. Which pid a slot has is the zygote's word, never a worker's, and is used only here, after the
 * kernel has confirmed that it is a child of ours: so a zygote that lies harms processes of its own pool. */

#include <errno.h>
#include <signal.h>

#include "manager/base/log.h"
#include "manager/generation/generation_internal.h"
#include "manager/requests/worker_report.h"

static void leave(Generation *g) {
        g->state = GENERATION_GONE;
        g->limit_source = sd_event_source_disable_unref(g->limit_source);
        g->kill_source = sd_event_source_disable_unref(g->kill_source);
        g->context.hooks->gone(g, g->context.userdata);
}

static void generation_orphans_on_orphan_left(pid_t pid, int wait_status, void *userdata) {
        Generation *g = userdata;
        Slots *slots = generation_slots(g);
        unsigned slot = 0;

        while (slots_pid(slots, slot) != pid) /* each pid is watched once */
                slot++;

        (void) scoreboard_mark_orphan_dead(g->board, slot);
        (void) generation_worker_left(g, slot, wait_status);
        if (slots_taken(slots) == 0)
                leave(g);
}

/* --- adoption --- */

/* The zygote reaped it and could not say so any more; or it was never there. */
static void vacate(Generation *g, unsigned slot) {
        Slots *slots = generation_slots(g);
        uint64_t now = generation_now_usec(g), lived_usec;

        (void) scoreboard_mark_orphan_dead(g->board, slot);
        if (slots_life(slots, slot) == SLOT_FORKING)
                (void) slots_not_forked(slots, slot, now);
        else
                (void) slots_exited(slots, slot, SLOT_LEFT, now, &lived_usec);
}

static void adopt(Generation *g, unsigned slot) {
        pid_t pid = slots_pid(generation_slots(g), slot);
        int r;

        r = reaper_watch(g->context.reaper, pid, generation_orphans_on_orphan_left, g);
        if (r >= 0)
                return;

        if (r != -ECHILD)
                log_warning_errno(r,
                                "Generation %u: process %d is not taken for worker %u, as the "
                                "zygote said: %m",
                                g->number, pid, slot);
        vacate(g, slot);
}

static void adopt_all(Generation *g) {
        Slots *slots = generation_slots(g);

        for (unsigned i = 0; i < slots_count(slots); i++)
                if (slots_life(slots, i) != SLOT_VACANT)
                        adopt(g, i);
}

/* --- what is done with them --- */

static void signal_all(Generation *g) {
        Slots *slots = generation_slots(g);

        for (unsigned i = 0; i < slots_count(slots); i++)
                if (slots_pid(slots, i) > 0)
                        (void) kill(slots_pid(slots, i), SIGKILL);
}

/* Not the next request of that worker, which may have come since the manager looked. */
void generation_end_orphan(Generation *g, unsigned slot, SlotWord word) {
        pid_t pid = slots_pid(generation_slots(g), slot);

        if (pid > 0 && scoreboard_copy(g->board) >= 0 &&
                        slot_word_since_usec(scoreboard_word(g->board, slot)) ==
                                        slot_word_since_usec(word))
                (void) kill(pid, SIGKILL);
}

void generation_kill_orphans(Generation *g) {
        g->limit_source = sd_event_source_disable_unref(g->limit_source);
        signal_all(g);
}

void generation_abandon_orphans(Generation *g) {
        log_warning("Generation %u: %u workers do not end although they were killed, leaving them",
                        g->number, slots_taken(generation_slots(g)));
        reaper_forget(g->context.reaper, g);
        leave(g);
}

/* What the reaper takes then is told to nobody. */
static void refuse_orphans(Generation *g) {
        log_warning("Generation %u: too many others drain, killing its %u workers", g->number,
                        slots_taken(generation_slots(g)));
        signal_all(g);
        reaper_forget(g->context.reaper, g);
        leave(g);
}

/* As after a reload: they finish what they hold, within the limits of one that drains. */
static void go_on_without_zygote(Generation *g, bool was_draining) {
        g->state = GENERATION_ORPHANED;
        if (!g->context.hooks->orphaned(g, g->context.userdata)) {
                refuse_orphans(g);
                return;
        }

        if (g->doomed) {
                generation_kill(g);
                return;
        }

        log_notice("Generation %u: its %u workers finish what they hold", g->number,
                        slots_taken(generation_slots(g)));
        if (!was_draining || !g->limit_source)
                generation_limit_drain(g, DRAINING_REPLACED);
        request_timeouts_repeat(g->request_timeouts);
}

int generation_on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Generation *g = userdata;
        bool was_draining = g->state == GENERATION_DRAINING;

        (void) source;
        /* Another zygote follows. */
        if (!was_draining)
                generation_order_leave(g, DRAINING_REPLACED);
        worker_report_zygote_exit(g->number, si, was_draining);
        stack_requests_cancel(g->stack_requests);
        workforce_stop(g->workforce);
        generation_close_control(g);
        g->zygote_pid = 0;

        /* Before its own source goes: it may have named itself, and is about to be reaped. */
        adopt_all(g);
        g->child_source = sd_event_source_disable_unref(g->child_source);
        if (slots_taken(generation_slots(g)) == 0)
                leave(g);
        else
                go_on_without_zygote(g, was_draining);
        return 0;
}
