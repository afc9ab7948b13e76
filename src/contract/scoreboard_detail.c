/* SPDX-License-Identifier: MIT */
/* The parts of the scoreboard that are only shown, and decide nothing. */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "contract/scoreboard_internal.h"

_Static_assert(sizeof(SlotDurations) == sizeof(Durations), "one is copied to the other");

static SlotDetail *detail_at(const Scoreboard *board, unsigned slot) {
        return (SlotDetail *) ((char *) board->map + scoreboard_details_offset(board->n_slots)) +
               slot;
}

void scoreboard_note_end(Scoreboard *board, unsigned slot, SlotWord word) {
        detail_at(board, slot)->last_word = word;
}

static int write_word(const Scoreboard *board, SlotWord word, size_t offset) {
        ssize_t n;

        n = pwrite(board->board_fd, &word, sizeof(word), (off_t) offset);
        if (n < 0)
                return -errno;

        return n == sizeof(word) ? 0 : -EIO;
}

int scoreboard_mark_orphan_dead(Scoreboard *board, unsigned slot) {
        size_t offset = WORDS_OFFSET + slot * sizeof(SlotWord),
               detail = scoreboard_details_offset(board->n_slots) + slot * sizeof(SlotDetail);
        SlotWord word;
        int r;

        r = scoreboard_read(board, &word, sizeof(word), offset);
        if (r < 0)
                return r;

        r = write_word(board, word, detail + offsetof(SlotDetail, last_word));
        if (r < 0)
                return r;

        return write_word(board, slot_word(SLOT_EMPTY, 0), offset);
}

/* Counted by their place in the struct: a total is one aligned word, and a reader sees the old or the new. */
void scoreboard_set_totals(
                Scoreboard *board, const PoolTotals *totals, bool are_whole, uint32_t question) {
        const uint64_t *from = (const uint64_t *) totals;

        for (size_t i = 0; i < ELEMENTSOF(board->control_page->totals); i++)
                atomic_store_explicit(
                                &board->control_page->totals[i], from[i], memory_order_relaxed);
        atomic_store_explicit(
                        &board->control_page->totals_are_whole, are_whole, memory_order_release);
        atomic_store_explicit(
                        &board->control_page->totals_answered, question, memory_order_release);
}

int scoreboard_busy_max(const Scoreboard *board, uint64_t *ret) {
        return scoreboard_read(board, ret, sizeof(*ret), offsetof(BoardHead, n_busy_max));
}

bool scoreboard_totals(const Scoreboard *board, PoolTotals *ret) {
        bool are_whole = atomic_load_explicit(
                        &board->control_page->totals_are_whole, memory_order_acquire);
        uint64_t *to = (uint64_t *) ret, n_busy_max = atomic_load(&head_of(board)->n_busy_max),
                 n_queued_max = atomic_load(&board->control_page->n_queued_max),
                 n_queued_shown = atomic_load(&head_of(board)->n_queued_max);

        for (size_t i = 0; i < ELEMENTSOF(board->control_page->totals); i++)
                to[i] = atomic_load_explicit(&board->control_page->totals[i], memory_order_relaxed);
        ret->n_busy_max = number_max(ret->n_busy_max, n_busy_max);
        ret->n_queued_max = number_max(ret->n_queued_max, number_max(n_queued_max, n_queued_shown));

        return are_whole;
}

static int read_counter(const Scoreboard *board, unsigned slot, uint64_t *ret) {
        return scoreboard_read(board, ret, sizeof(*ret),
                        scoreboard_counters_offset(board->n_slots) + slot * sizeof(uint64_t));
}

void scoreboard_set_worker(Scoreboard *board, unsigned slot, pid_t pid, uint64_t start_sec) {
        SlotDetail *detail = detail_at(board, slot);
        uint64_t n_requests;

        if (read_counter(board, slot, &n_requests) >= 0)
                detail->n_requests_former = n_requests;
        detail->pid = (uint64_t) pid;
        detail->start_sec = start_sec;
        scoreboard_set_usage(board, slot, &(RequestUsage){});
}

void scoreboard_set_usage(Scoreboard *board, unsigned slot, const RequestUsage *usage) {
        SlotDetail *detail = detail_at(board, slot);

        atomic_store_explicit(&detail->duration_usec, usage->duration_usec, memory_order_relaxed);
        atomic_store_explicit(
                        &detail->cpu_centipercent, usage->cpu_centipercent, memory_order_relaxed);
        atomic_store_explicit(&detail->memory_bytes, usage->memory_bytes, memory_order_relaxed);
        if (usage->memory_bytes >
                        atomic_load_explicit(&detail->memory_peak_bytes, memory_order_relaxed))
                atomic_store_explicit(&detail->memory_peak_bytes, usage->memory_bytes,
                                memory_order_relaxed);
}

/* One writer per slot: plain loads and stores. */
static void add_relaxed(_Atomic uint64_t *counter, uint64_t n) {
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                        memory_order_relaxed);
}

void scoreboard_count_duration(Scoreboard *board, unsigned slot, uint64_t usec) {
        SlotDurations *durations = (SlotDurations *) ((char *) board->map +
                                                      scoreboard_durations_offset(board->n_slots)) +
                                   slot;

        add_relaxed(&durations->n[durations_bucket(usec)], 1);
        add_relaxed(&durations->sum_usec, usec);
}

int scoreboard_durations(const Scoreboard *board, Durations *ret) {
        size_t offset = scoreboard_durations_offset(board->n_slots);
        Durations sum = {}, some[32];
        unsigned n;
        int r;

        for (unsigned slot = 0; slot < board->n_slots; slot += n) {
                n = board->n_slots - slot < ELEMENTSOF(some) ? board->n_slots - slot
                                                             : ELEMENTSOF(some);
                r = scoreboard_read(board, some, n * sizeof(*some), offset + slot * sizeof(*some));
                if (r < 0)
                        return r;

                for (unsigned i = 0; i < n; i++)
                        durations_add_claim(&sum, &some[i]);
        }

        *ret = sum;
        return 0;
}

static void copy_cut(char *to, size_t size, const char *from) {
        size_t n = from ? strnlen(from, size - 1) : 0;

        memcpy(to, from ? from : "", n);
        to[n] = '\0';
}

/* Odd: a reader that sees the same even number before and after has a whole copy. */
static uint64_t begin_write(SlotDetail *detail) {
        uint64_t sequence = atomic_load_explicit(&detail->sequence, memory_order_relaxed) | 1;

        atomic_store_explicit(&detail->sequence, sequence, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
        return sequence;
}

static void end_write(SlotDetail *detail, uint64_t sequence) {
        atomic_store_explicit(&detail->sequence, sequence + 1, memory_order_release);
}

void scoreboard_set_request(Scoreboard *board, unsigned slot, const RequestInfo *info) {
        SlotDetail *detail = detail_at(board, slot);
        uint64_t sequence = begin_write(detail);

        copy_cut(detail->method, sizeof(detail->method), info->method);
        copy_cut(detail->uri, sizeof(detail->uri), info->uri);
        copy_cut(detail->query, sizeof(detail->query), info->query);
        copy_cut(detail->script, sizeof(detail->script), info->script);
        copy_cut(detail->user, sizeof(detail->user), info->user);
        copy_cut(detail->remote, sizeof(detail->remote), info->remote);
        copy_cut(detail->target, sizeof(detail->target), info->target);
        detail->content_length = info->content_length;
        end_write(detail, sequence);
}

void scoreboard_set_user(Scoreboard *board, unsigned slot, const char *user) {
        SlotDetail *detail = detail_at(board, slot);
        uint64_t sequence = begin_write(detail);

        copy_cut(detail->user, sizeof(detail->user), user);
        end_write(detail, sequence);
}

static int read_sequence(const Scoreboard *board, size_t offset, uint64_t *ret) {
        return scoreboard_read(board, ret, sizeof(*ret), offset + offsetof(SlotDetail, sequence));
}

/* Reads the detail until the sequence is the same before and behind it, a few times only: the writer may be hostile.
 * The fences keep the three readings apart, from each other and from what the compiler makes of them. */
static int detail_read(const Scoreboard *board, unsigned slot, SlotDetail *ret) {
        size_t offset = scoreboard_details_offset(board->n_slots) + slot * sizeof(SlotDetail);
        uint64_t before, after;
        int r;

        for (unsigned attempt = 0; attempt < 3; attempt++) {
                r = read_sequence(board, offset, &before);
                if (r < 0)
                        return r;

                atomic_thread_fence(memory_order_acquire);
                r = scoreboard_read(board, ret, sizeof(*ret), offset);
                if (r < 0)
                        return r;

                atomic_thread_fence(memory_order_acquire);
                r = read_sequence(board, offset, &after);
                if (r < 0)
                        return r;

                if (after == before && (after & 1) == 0)
                        break;
        }

        return 0;
}

static void copy_texts(SlotView *view, const SlotDetail *detail) {
        copy_cut(view->method, sizeof(view->method), detail->method);
        copy_cut(view->uri, sizeof(view->uri), detail->uri);
        copy_cut(view->query, sizeof(view->query), detail->query);
        copy_cut(view->script, sizeof(view->script), detail->script);
        copy_cut(view->user, sizeof(view->user), detail->user);
        copy_cut(view->remote, sizeof(view->remote), detail->remote);
        copy_cut(view->target, sizeof(view->target), detail->target);
}

static int read_word(const Scoreboard *board, unsigned slot, SlotWord *ret) {
        return scoreboard_read(board, ret, sizeof(*ret), WORDS_OFFSET + slot * sizeof(SlotWord));
}

/* Texts of one request and the state of another would tell of a request that never was. */
static int read_slot(const Scoreboard *board, unsigned slot, SlotWord *ret_word, SlotDetail *ret) {
        SlotWord after;
        int r;

        for (unsigned attempt = 0; attempt < 3; attempt++) {
                r = read_word(board, slot, ret_word);
                if (r < 0)
                        return r;

                atomic_thread_fence(memory_order_acquire);
                r = detail_read(board, slot, ret);
                if (r < 0)
                        return r;

                atomic_thread_fence(memory_order_acquire);
                r = read_word(board, slot, &after);
                if (r < 0 || slot_word_since_usec(after) == slot_word_since_usec(*ret_word))
                        return r;
        }

        ret->content_length = 0;
        ret->method[0] = ret->uri[0] = ret->query[0] = ret->script[0] = '\0';
        ret->user[0] = ret->remote[0] = ret->target[0] = '\0';
        return 0;
}

int scoreboard_view_slot(Scoreboard *board, unsigned slot, SlotView *ret) {
        SlotWord word;
        uint64_t counter;
        SlotDetail detail;
        int r;

        if (slot >= n_places(board->n_slots))
                return -EINVAL;

        r = read_slot(board, slot, &word, &detail);
        if (r < 0)
                return r;

        r = read_counter(board, slot, &counter);
        if (r < 0)
                return r;

        *ret = (SlotView){
                .state = slot_word_state(word),
                .last_state = slot_word_state(detail.last_word),
                .since_usec = slot_word_since_usec(word),
                .n_requests = counter,
                .n_requests_own = scoreboard_number(counter - detail.n_requests_former),
                .content_length = scoreboard_number(detail.content_length),
                .pid = detail.pid <= INT_MAX ? (pid_t) detail.pid : 0,
                .start_sec = scoreboard_number(detail.start_sec),
                .usage = {
                        scoreboard_number(detail.duration_usec),
                        scoreboard_number(detail.cpu_centipercent),
                        scoreboard_number(detail.memory_bytes),
                },
                .memory_peak_bytes = scoreboard_number(detail.memory_peak_bytes),
        };
        /* The texts are those of the request before. */
        if (ret->state == SLOT_READING_HEADERS) {
                ret->content_length = 0;
                return 0;
        }

        copy_texts(ret, &detail);
        return 0;
}

int scoreboard_view_request(Scoreboard *board, unsigned slot, SlotWord word, SlotView *ret) {
        SlotView view;
        int r;

        r = scoreboard_view_slot(board, slot, &view);
        if (r < 0)
                return r;
        if (view.since_usec != slot_word_since_usec(word))
                return -ESTALE;

        *ret = view;
        return 0;
}
