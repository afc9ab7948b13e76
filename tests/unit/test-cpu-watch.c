/* SPDX-License-Identifier: MIT */
/* Proves what two looks at the processes of a pool say of the CPU. */

#include "manager/workers/cpu_watch.h"

#include "unit.h"

static const CpuTime before[] = { { 10, 1000000, 0, false }, { 20, 5000000, 7000000, false },
        { 30, 1, 1, false } };

START_TEST(time_is_what_passed_since) {
        const CpuTime after[] = { { 10, 51000000, 0, false }, { 20, 55000000, 107000000, false },
                { 30, 1, 1, false } };
        double running, runnable;

        cpu_watch_compare(before, 3, after, 3, 100000, &running, &runnable);
        ck_assert_double_eq_tol(running, 1.0, 0.001);
        ck_assert_double_eq_tol(runnable, 2.0, 0.001);
}
END_TEST

START_TEST(who_came_counts_from_the_start_and_who_left_not_at_all) {
        const CpuTime after[] = { { 5, 10000000, 10000000, false }, { 20, 5000000, 7000000, false },
                { 40, 0, 30000000, false } };
        double running, runnable;

        cpu_watch_compare(before, 3, after, 3, 100000, &running, &runnable);
        ck_assert_double_eq_tol(running, 0.1, 0.001);
        ck_assert_double_eq_tol(runnable, 0.5, 0.001);
}
END_TEST

START_TEST(a_number_that_is_used_again_is_somebody_else) {
        const CpuTime after[] = { { 20, 1000000, 8000000, false } };
        double running, runnable;

        cpu_watch_compare(before, 3, after, 1, 10000, &running, &runnable);
        ck_assert_double_eq_tol(running, 0.1, 0.001);
        ck_assert_double_eq_tol(runnable, 0.9, 0.001);
}
END_TEST

START_TEST(who_waits_still_counts) {
        const CpuTime after[] = { { 10, 51000000, 0, true }, { 20, 5000000, 7000000, true },
                { 30, 1, 1, true } };
        double running, runnable;

        cpu_watch_compare(before, 3, after, 3, 100000, &running, &runnable);
        ck_assert_double_eq_tol(running, 0.5, 0.001);
        ck_assert_double_eq_tol(runnable, 3, 0.001);
}
END_TEST

START_TEST(outside_of_its_unit_nothing_is_known) {
        CpuWatch watch = {};

        ck_assert(!cpu_watch_measure(&watch, "no-such-pool", 1000000));
        ck_assert_uint_eq(watch.n_times, 0);
        ck_assert_uint_ge(cpu_watch_count_cpus(), 1);
        cpu_watch_done(&watch);
}
END_TEST

UNIT_MAIN("cpu-watch", time_is_what_passed_since,
                who_came_counts_from_the_start_and_who_left_not_at_all,
                a_number_that_is_used_again_is_somebody_else, who_waits_still_counts,
                outside_of_its_unit_nothing_is_known);
