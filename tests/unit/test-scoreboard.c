/* SPDX-License-Identifier: MIT */
/* Proves that the manager counts what the workers write, that it survives whatever else stands on
 * the board, and that no worker can write in the control page. */

#include "contract/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

static void make(Scoreboard **manager, Scoreboard **pool, unsigned n) {
        ck_assert_int_eq(scoreboard_new(manager, n), 0);
        ck_assert_int_eq(scoreboard_attach(pool, scoreboard_board_fd(*manager),
                                         scoreboard_control_page_fd(*manager), n),
                        0);
}

START_TEST(it_counts) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        ScoreboardSummary summary;

        make(&manager, &pool, 5);
        ck_assert(scoreboard_idle_below(pool, 1));
        scoreboard_set(pool, 0, SLOT_IDLE, 1);
        scoreboard_set(pool, 1, SLOT_RUNNING, 2);
        scoreboard_set(pool, 2, SLOT_STARTING, 3);
        scoreboard_set(pool, 4, SLOT_FINISHING, 3);
        scoreboard_count_request(pool, 0);
        scoreboard_count_request(pool, 4);
        scoreboard_count_request(pool, 4);

        ck_assert(!scoreboard_idle_below(pool, 1));
        ck_assert(scoreboard_idle_below(pool, 2));
        ck_assert(!scoreboard_idle_below(pool, 0));
        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_uint_eq(summary.n_idle, 1);
        ck_assert_uint_eq(summary.n_busy, 2);
        ck_assert_uint_eq(summary.n_starting, 1);
        ck_assert_uint_eq(summary.n_requests, 3);

        /* the one that was seen last is busy now, and those that are not stand on both sides of it */
        scoreboard_set(pool, 0, SLOT_RUNNING, 4);
        scoreboard_set(pool, 3, SLOT_IDLE, 4);
        ck_assert(!scoreboard_idle_below(pool, 1));
        scoreboard_set(pool, 1, SLOT_IDLE, 5);
        ck_assert(!scoreboard_idle_below(pool, 2));
        ck_assert(scoreboard_idle_below(pool, 3));
}
END_TEST

START_TEST(the_manager_buries_where_no_zygote_is_left) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        ScoreboardSummary summary;
        SlotView view;

        make(&manager, &pool, 3);
        scoreboard_set(pool, 1, SLOT_RUNNING, 7);
        scoreboard_set(pool, 2, SLOT_IDLE, 8);
        ck_assert_int_eq(scoreboard_mark_orphan_dead(manager, 1), 0);

        ck_assert_int_eq(scoreboard_view_slot(manager, 1, &view), 0);
        ck_assert_int_eq(view.state, SLOT_EMPTY);
        ck_assert_int_eq(view.last_state, SLOT_RUNNING);
        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_uint_eq(summary.n_busy, 0);
        ck_assert_uint_eq(summary.n_idle, 1);
}
END_TEST

START_TEST(a_slot_is_shown_whole_and_terminated) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        char uri[500];
        RequestInfo info = { .method = "GET", .uri = uri, .content_length = 7 };
        SlotView view;

        memset(uri, 'u', sizeof(uri) - 1);
        uri[sizeof(uri) - 1] = '\0';
        make(&manager, &pool, 2);
        scoreboard_set(pool, 1, SLOT_RUNNING, 1234567);
        scoreboard_set_request(pool, 1, &info);

        ck_assert_int_eq(scoreboard_view_slot(manager, 1, &view), 0);
        ck_assert_int_eq(view.state, SLOT_RUNNING);
        ck_assert_uint_eq(view.since_usec, 1234567);
        ck_assert_str_eq(view.method, "GET");
        ck_assert_uint_eq(strlen(view.uri), sizeof(view.uri) - 1);
        ck_assert_str_eq(view.query, "");
        ck_assert_uint_eq(view.content_length, 7);
        ck_assert_int_eq(scoreboard_view_slot(manager, 2, &view), 0); /* the status worker's */
        ck_assert_int_eq(scoreboard_view_slot(manager, 3, &view), -EINVAL);
}
END_TEST

START_TEST(another_request_is_not_shown_in_the_place_of_one) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        SlotWord word = slot_word(SLOT_RUNNING, 1000);
        RequestInfo info = { .uri = "/next.php" };
        SlotView view = {};

        make(&manager, &pool, 1);
        scoreboard_set(pool, 0, SLOT_ENDING, 1000);
        ck_assert_int_eq(scoreboard_view_request(manager, 0, word, &view), 0);
        ck_assert_int_eq(view.state, SLOT_ENDING);

        scoreboard_set_request(pool, 0, &info);
        scoreboard_set(pool, 0, SLOT_RUNNING, 2000);
        ck_assert_int_eq(scoreboard_view_request(manager, 0, word, &view), -ESTALE);
        ck_assert_str_eq(view.uri, "");
        ck_assert_int_eq(scoreboard_view_request(manager, 9, word, &view), -EINVAL);
}
END_TEST

START_TEST(what_is_shown_reaches_manager_and_workers) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        PoolTotals totals = { .start_sec = 5, .n_slow = 7, .n_busy_max = 1, .generation = 3 };
        RequestUsage usage = { 10, 20, 30 };
        ScoreboardSummary summary;
        uint32_t question, asked, later;
        uint64_t n_busy_max, n_queued_max;
        SlotView view;

        make(&manager, &pool, 2);
        scoreboard_count_request(pool, 1);
        scoreboard_set_worker(pool, 1, 4711, 99);
        scoreboard_count_request(pool, 1);
        scoreboard_count_request(pool, 1);
        scoreboard_set_user(pool, 1, "alice");
        scoreboard_set_usage(pool, 1, &usage);
        ck_assert_int_eq(scoreboard_view_slot(manager, 1, &view), 0);
        ck_assert_int_eq(view.pid, 4711);
        ck_assert_uint_eq(view.start_sec, 99);
        ck_assert_uint_eq(view.n_requests, 3);
        ck_assert_uint_eq(view.n_requests_own, 2);
        ck_assert_str_eq(view.user, "alice");
        ck_assert_mem_eq(&view.usage, &usage, sizeof(usage));
        ck_assert_int_eq(scoreboard_view_slot(pool, 1, &view), 0);
        ck_assert_int_eq(view.pid, 4711);

        scoreboard_set_usage(pool, 1, &(RequestUsage){ UINT64_MAX, UINT64_MAX, UINT64_MAX });
        scoreboard_set_request(pool, 1, &(RequestInfo){ .content_length = UINT64_MAX });
        ck_assert_int_eq(scoreboard_view_slot(manager, 1, &view), 0);
        ck_assert_uint_eq(view.content_length, (UINT64_C(1) << 53) - 1);
        ck_assert_uint_eq(view.usage.memory_bytes, (UINT64_C(1) << 53) - 1);
        ck_assert_uint_eq(view.usage.duration_usec, (UINT64_C(1) << 53) - 1);

        scoreboard_set_totals(manager, &totals, false, scoreboard_totals_asked(manager));
        scoreboard_begin_busy(pool);
        scoreboard_begin_busy(pool);
        scoreboard_end_busy(pool);
        ck_assert(!scoreboard_totals(pool, &totals));
        ck_assert_uint_eq(totals.start_sec, 5);
        ck_assert_uint_eq(totals.n_slow, 7);
        ck_assert_uint_eq(totals.generation, 3);
        ck_assert_uint_eq(totals.n_busy_max, 2);
        ck_assert_int_eq(scoreboard_busy_max(manager, &n_busy_max), 0);
        ck_assert_uint_eq(n_busy_max, 2);

        /* What a page has shown stays the least that the next one shows. */
        scoreboard_note_shown(pool, 9, 1);
        scoreboard_note_shown(pool, 4, 0);
        ck_assert(!scoreboard_totals(pool, &totals));
        ck_assert_uint_eq(totals.n_queued_max, 9);
        ck_assert_uint_eq(totals.n_busy_max, 2);
        ck_assert_int_eq(scoreboard_queued_max(manager, &n_queued_max), 0);
        ck_assert_uint_eq(n_queued_max, 9);

        /* An answer to an earlier question is none. */
        question = scoreboard_ask_for_totals(pool);
        ck_assert(!scoreboard_totals_answer(pool, question));
        asked = scoreboard_totals_asked(manager);
        later = scoreboard_ask_for_totals(pool);
        scoreboard_set_totals(manager, &totals, true, asked);
        ck_assert(scoreboard_totals(pool, &totals));
        ck_assert(scoreboard_totals_answer(pool, question));
        ck_assert(!scoreboard_totals_answer(pool, later));

        /* The status worker is not one of the pool's. */
        scoreboard_set(pool, scoreboard_status_slot(pool), SLOT_IDLE, 1);
        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_uint_eq(summary.n_idle, 0);
}
END_TEST

START_TEST(durations_of_all_slots_are_added_up) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        Durations durations;

        make(&manager, &pool, 70);
        scoreboard_count_duration(pool, 0, 900);
        scoreboard_mark_dead(pool, 0);
        scoreboard_count_duration(pool, 0, 1000);
        scoreboard_count_duration(pool, 31, 2000);
        scoreboard_count_duration(pool, 32, 60000000);
        scoreboard_count_duration(pool, 69, 1);
        scoreboard_count_duration(pool, scoreboard_status_slot(pool), 1);
        ck_assert_int_eq(scoreboard_durations(manager, &durations), 0);
        ck_assert_uint_eq(durations.n[0], 3);
        ck_assert_uint_eq(durations.n[1], 1);
        ck_assert_uint_eq(durations.n[DURATION_BUCKETS - 1], 1);
        ck_assert_uint_eq(durations.sum_usec, 60003901);
}
END_TEST

START_TEST(a_dead_worker_leaves_its_last_state) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        SlotView view;

        make(&manager, &pool, 1);
        scoreboard_set(pool, 0, SLOT_RUNNING, 5);
        scoreboard_mark_dead(pool, 0);
        ck_assert_int_eq(scoreboard_view_slot(manager, 0, &view), 0);
        ck_assert_int_eq(view.state, SLOT_EMPTY);
        ck_assert_int_eq(view.last_state, SLOT_RUNNING);
}
END_TEST

START_TEST(rubbish_on_the_board_harms_nothing) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL;
        ScoreboardSummary summary;
        Durations durations;
        char rubbish[4096];
        SlotView view;

        ck_assert_int_eq(scoreboard_new(&manager, 7), 0);
        memset(rubbish, 0xff, sizeof(rubbish));
        for (off_t at = 0; pwrite(scoreboard_board_fd(manager), rubbish, sizeof(rubbish), at) > 0;)
                at += (off_t) sizeof(rubbish);

        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_int_eq(scoreboard_durations(manager, &durations), 0);
        ck_assert_uint_lt(durations.sum_usec, (uint64_t) INT64_MAX);
        ck_assert_uint_le(summary.n_busy + summary.n_idle + summary.n_starting, 7);
        for (unsigned i = 0; i < 7; i++) {
                ck_assert_int_eq(scoreboard_view_slot(manager, i, &view), 0);
                ck_assert_uint_lt(strlen(view.uri), sizeof(view.uri));
                ck_assert_uint_lt(strlen(view.remote), sizeof(view.remote));
        }
}
END_TEST

START_TEST(the_board_keeps_its_size_and_the_control_page_its_writer) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL;

        ck_assert_int_eq(scoreboard_new(&manager, 3), 0);
        ck_assert_int_lt(ftruncate(scoreboard_board_fd(manager), 0), 0);
        ck_assert_int_lt(ftruncate(scoreboard_control_page_fd(manager), 0), 0);
        ck_assert_int_lt(pwrite(scoreboard_control_page_fd(manager), "x", 1, 0), 0);
        ck_assert_ptr_eq(mmap(NULL, sizeof(PoolControl), PROT_READ | PROT_WRITE, MAP_SHARED,
                                         scoreboard_control_page_fd(manager), 0),
                        MAP_FAILED);
}
END_TEST

START_TEST(workers_learn_that_they_should_leave) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;

        make(&manager, &pool, 2);
        ck_assert(!scoreboard_must_leave(pool, 0));
        atomic_store(&scoreboard_control_page(manager)->retired[1], 1);
        ck_assert(!scoreboard_must_leave(pool, 0));
        ck_assert(scoreboard_must_leave(pool, 1));
        scoreboard_drain(pool);
        ck_assert(scoreboard_must_leave(pool, 0));
        ck_assert_int_eq(scoreboard_draining(pool), DRAINING_NOT);
        atomic_store(&scoreboard_control_page(manager)->draining, DRAINING_LAST);
        ck_assert_int_eq(scoreboard_draining(pool), DRAINING_LAST);
}
END_TEST

START_TEST(kept_connections_are_counted_while_their_worker_lives) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;
        ScoreboardSummary summary;

        make(&manager, &pool, 3);
        scoreboard_set(pool, 0, SLOT_IDLE, 1);
        scoreboard_set_keepalive(pool, 0, 5);
        scoreboard_set(pool, 1, SLOT_RUNNING, 1);
        scoreboard_set_keepalive(pool, 1, UINT64_MAX); /* a lie */
        scoreboard_set_keepalive(pool, 2, 7);          /* nobody is there */
        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_uint_eq(scoreboard_keepalive(manager, 0), 5);
        ck_assert_uint_ge(summary.n_keepalive, 6);
        ck_assert_uint_le(summary.n_keepalive, 10000);

        scoreboard_mark_dead(pool, 1);
        ck_assert_int_eq(scoreboard_summarize(manager, &summary), 0);
        ck_assert_uint_eq(summary.n_keepalive, 5);
}
END_TEST

START_TEST(a_wrong_size_is_refused) {
        _cleanup_(scoreboard_freep) Scoreboard *manager = NULL, *pool = NULL;

        ck_assert_int_eq(scoreboard_new(&manager, 0), -EINVAL);
        ck_assert_int_eq(scoreboard_new(&manager, SCOREBOARD_SLOTS_MAX + 1), -EINVAL);
        ck_assert_int_eq(scoreboard_new(&manager, 3), 0);
        ck_assert_int_eq(scoreboard_attach(&pool, scoreboard_board_fd(manager),
                                         scoreboard_control_page_fd(manager), 4),
                        -EBADMSG);
}
END_TEST

UNIT_MAIN("scoreboard", it_counts, another_request_is_not_shown_in_the_place_of_one,
                the_manager_buries_where_no_zygote_is_left, a_slot_is_shown_whole_and_terminated,
                what_is_shown_reaches_manager_and_workers, durations_of_all_slots_are_added_up,
                a_dead_worker_leaves_its_last_state, rubbish_on_the_board_harms_nothing,
                the_board_keeps_its_size_and_the_control_page_its_writer,
                kept_connections_are_counted_while_their_worker_lives,
                workers_learn_that_they_should_leave, a_wrong_size_is_refused);
