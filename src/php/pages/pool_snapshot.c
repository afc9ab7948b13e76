/* SPDX-License-Identifier: MIT */
#include "php/pages/pool_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/queue_depth.h"
#include "contract/handoff_message.h"

/* A second: on a busy machine the manager may get its CPU late. */
enum {
        TOTALS_TRIES = 1000,
        TOTALS_PAUSE_NSEC = 1000000,
};

static void read_queues(const PoolSnapshot *view, StatusPage *page) {
        QueueDepth depth;

        queue_depth_sum(view->listen_fds, view->n_listen_fds, &depth);
        page->n_queued = depth.n_queued + handoff_message_depth(view->handoff_in_fd);
        page->n_queue_limit = depth.n_limit;
}

/* The duration of a worker that waits is that of its last request, of another worker that of the request that runs. */
static void read_process(
                StatusPage *page, StatusProcess *process, const SlotView *slot, uint64_t now) {
        bool idle = slot->state == SLOT_IDLE;

        process->slot = *slot;
        process->duration_usec = idle                     ? slot->usage.duration_usec
                                 : now > slot->since_usec ? now - slot->since_usec
                                                          : 0;
        if (!idle)
                process->slot.usage = (RequestUsage){};
        if (idle)
                page->n_idle++;
        else
                page->n_busy++;
}

/* Who is to leave while the manager orders nothing leaves because the zygote has lost it. */
static bool has_no_manager(const PoolSnapshot *view) {
        Draining draining = scoreboard_draining(view->board);

        return draining == DRAINING_LAST ||
               (draining == DRAINING_NOT && scoreboard_must_leave(view->board, view->slot));
}

/* Around a reload two generations count, and a page may be asked of either: the manager, who sees both, adds up what
 * the other one has counted until now, so that no page shows a total smaller than the page before it. When the last
 * generation of a manager leaves, or the manager has died, there is nobody to ask, and nobody who counts for it. */
static void read_totals(const PoolSnapshot *view, PoolTotals *ret) {
        const struct timespec pause = { .tv_nsec = TOTALS_PAUSE_NSEC };
        uint32_t question;

        if (scoreboard_totals(view->board, ret) || has_no_manager(view))
                return;

        question = scoreboard_ask_for_totals(view->board);
        fd_signal_event(view->wake_fd);
        for (unsigned i = 0; i < TOTALS_TRIES && !scoreboard_totals_answer(view->board, question);
                        i++)
                (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        (void) scoreboard_totals(view->board, ret);
}

int pool_snapshot_read(const PoolSnapshot *view, StatusPage *ret) {
        unsigned n_slots = scoreboard_slots(view->board);
        StatusProcess *processes = calloc(n_slots, sizeof(*processes));
        uint64_t now = clock_now_usec();
        StatusPage page = {
                .pool = view->config->name,
                .process_manager = process_manager_name(view->config->pm),
                .now_sec = (uint64_t) time(NULL),
                .processes = processes,
        };

        if (!processes)
                return -ENOMEM;

        read_totals(view, &page.totals);
        page.n_requests = page.totals.n_requests_before;
        read_queues(view, &page);
        for (unsigned i = 0; i < n_slots; i++) {
                SlotView slot;

                if (scoreboard_view_slot(view->board, i, &slot) < 0)
                        continue;

                if (slot.memory_peak_bytes > page.memory_peak_bytes)
                        page.memory_peak_bytes = slot.memory_peak_bytes;
                /* Also of those who were in this slot before. */
                page.n_requests += slot.n_requests;
                if (status_page_counts(slot.state))
                        read_process(&page, &processes[page.n_processes++], &slot, now);
        }

        scoreboard_note_shown(view->board, page.n_queued, page.n_busy);
        *ret = page;
        return 0;
}
