/* SPDX-License-Identifier: MIT */
/* Proves when the thread looks: never between two requests, at once in a long one, and without a tick while nothing
 * comes. */

#include "php/worker/keepalive/keepalive_thread.h"

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

typedef struct Seen {
        KeepaliveThread *thread;
        _Atomic bool serving, misplaced, again;
        _Atomic unsigned n[KEEPALIVE_CHECK_ARRIVALS + 1];
        _Atomic uint64_t tag, usec;
} Seen;

static bool on_look(KeepaliveCheck look, const uint64_t tags[], size_t n_tags, void *userdata) {
        Seen *seen = userdata;

        if (!seen->serving)
                seen->misplaced = true;
        if (n_tags > 0)
                seen->tag = tags[0];
        seen->usec = clock_now_usec();
        seen->n[look]++;
        return seen->again;
}

static void sleep_msec(long msec) {
        nanosleep(&(struct timespec){ .tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000L },
                        NULL);
}

static void begin(Seen *seen) {
        seen->serving = true;
        keepalive_thread_begin_request(seen->thread);
}

static void end(Seen *seen) {
        keepalive_thread_end_request(seen->thread);
        seen->serving = false;
}

START_TEST(between_requests_it_does_nothing) {
        Seen seen = {};
        int fd = eventfd(1, EFD_CLOEXEC);

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        ck_assert_int_eq(keepalive_thread_watch(seen.thread, fd, 77), 0);
        sleep_msec(20);
        for (unsigned i = 0; i < 2000; i++) {
                begin(&seen);
                end(&seen);
        }
        begin(&seen);
        sleep_msec(30);
        end(&seen);
        eventfd_write(fd, 1);
        sleep_msec(30);
        ck_assert(!seen.misplaced);
        keepalive_thread_free(seen.thread);
        close(fd);
}
END_TEST

/* A tick each 2 ms would be 150 waits. */
START_TEST(without_requests_nothing_ticks) {
        struct rusage before, after;
        Seen seen = {};

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        begin(&seen);
        end(&seen);
        sleep_msec(50);
        getrusage(RUSAGE_SELF, &before);
        sleep_msec(300);
        getrusage(RUSAGE_SELF, &after);
        ck_assert_int_lt(after.ru_nvcsw - before.ru_nvcsw, 50);
        keepalive_thread_free(seen.thread);
}
END_TEST

/* One that has ended by the next tick costs no system calls that watch it. */
START_TEST(short_requests_are_not_watched) {
        Seen seen = {};

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        for (unsigned i = 0; i < 300; i++) {
                begin(&seen);
                sleep_msec(1);
                end(&seen);
        }
        ck_assert_uint_gt(seen.n[KEEPALIVE_CHECK_SHORT], 0);
        keepalive_thread_free(seen.thread);
}
END_TEST

START_TEST(an_arrival_in_a_long_request_is_seen_at_once) {
        Seen seen = {};
        int fd = eventfd(0, EFD_CLOEXEC);
        uint64_t now;

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        ck_assert_int_eq(keepalive_thread_watch(seen.thread, fd, 77), 0);
        sleep_msec(50); /* it sleeps, and has to be woken */
        begin(&seen);
        sleep_msec(300);
        ck_assert_uint_ge(seen.n[KEEPALIVE_CHECK_LONG], 1);
        ck_assert_uint_eq(seen.n[KEEPALIVE_CHECK_ARRIVALS], 0);

        now = clock_now_usec();
        eventfd_write(fd, 1);
        sleep_msec(100);
        ck_assert_uint_eq(seen.n[KEEPALIVE_CHECK_ARRIVALS], 1);
        ck_assert_uint_eq(seen.tag, 77);
        ck_assert_uint_lt(seen.usec - now, 50000);
        ck_assert_uint_ge(seen.usec, now);

        /* The connection that is served: its body comes in pieces. */
        ck_assert_int_eq(keepalive_thread_mute(seen.thread, fd, 77), 0);
        eventfd_write(fd, 1);
        sleep_msec(50);
        ck_assert_uint_eq(seen.n[KEEPALIVE_CHECK_ARRIVALS], 1);
        ck_assert_int_eq(keepalive_thread_unmute(seen.thread, fd, 77), 0);
        sleep_msec(50);
        ck_assert_uint_eq(seen.n[KEEPALIVE_CHECK_ARRIVALS], 2);
        end(&seen);
        keepalive_thread_free(seen.thread);
        close(fd);
}
END_TEST

/* One look each 2 ms would be 500. */
START_TEST(a_sleeping_worker_costs_a_few_looks) {
        Seen seen = {};
        int fd = eventfd(1, EFD_CLOEXEC);

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        ck_assert_int_eq(keepalive_thread_watch(seen.thread, fd, 77), 0);
        begin(&seen);
        sleep_msec(1000);
        ck_assert_uint_le(seen.n[KEEPALIVE_CHECK_SHORT] + seen.n[KEEPALIVE_CHECK_LONG] +
                                          seen.n[KEEPALIVE_CHECK_ARRIVALS],
                        20);
        end(&seen);
        keepalive_thread_free(seen.thread);
        close(fd);
}
END_TEST

START_TEST(what_is_left_is_tried_again) {
        Seen seen = { .again = true };

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        begin(&seen);
        sleep_msec(500);
        ck_assert_uint_ge(seen.n[KEEPALIVE_CHECK_LONG], 10);
        ck_assert_uint_le(seen.n[KEEPALIVE_CHECK_LONG], 40);
        end(&seen);
        keepalive_thread_free(seen.thread);
}
END_TEST

START_TEST(its_end_is_not_waited_for) {
        Seen seen = {};
        uint64_t begin_usec;

        ck_assert_int_eq(keepalive_thread_new(&seen.thread, on_look, &seen), 0);
        begin(&seen);
        sleep_msec(200);
        end(&seen);
        begin_usec = clock_now_usec();
        keepalive_thread_free(seen.thread);
        ck_assert_uint_lt(clock_now_usec() - begin_usec, 100000);
}
END_TEST

UNIT_MAIN("keepalive-thread", between_requests_it_does_nothing, without_requests_nothing_ticks,
                short_requests_are_not_watched, an_arrival_in_a_long_request_is_seen_at_once,
                a_sleeping_worker_costs_a_few_looks, what_is_left_is_tried_again,
                its_end_is_not_waited_for);
