/* SPDX-License-Identifier: MIT */
/* Proves when crashes are so many that a new generation is started. */

#include "manager/workers/crash_window.h"

#include "unit.h"

START_TEST(enough_in_time) {
        CrashWindow window = {};

        ck_assert(!crash_window_add(&window, 3, 60, 100));
        ck_assert(!crash_window_add(&window, 3, 60, 110));
        ck_assert(crash_window_add(&window, 3, 60, 160));
        ck_assert(!crash_window_add(&window, 3, 60, 161)); /* begins anew */
}
END_TEST

START_TEST(too_far_apart) {
        CrashWindow window = {};

        for (uint64_t at = 100; at < 100000; at += 31)
                ck_assert(!crash_window_add(&window, 3, 60, at));
}
END_TEST

START_TEST(never_and_always) {
        CrashWindow window = {};

        for (uint64_t at = 1; at < 1000; at++)
                ck_assert(!crash_window_add(&window, 0, 60, at));
        for (uint64_t at = 1; at < 1000; at++)
                ck_assert(!crash_window_add(&window, 1, 0, at));
        ck_assert(crash_window_add(&window, 1, 1, 1000));
}
END_TEST

START_TEST(a_huge_threshold_is_cut) {
        CrashWindow window = {};

        for (unsigned i = 0; i < CRASH_WINDOW_MAX - 1; i++)
                ck_assert(!crash_window_add(&window, UINT64_MAX, 1000000, 1000 + i));
        ck_assert(crash_window_add(&window, UINT64_MAX, 1000000, 2000));
}
END_TEST

UNIT_MAIN("crash-window", enough_in_time, too_far_apart, never_and_always, a_huge_threshold_is_cut);
