/* SPDX-License-Identifier: MIT */
/* Proves that a connection is called late only when it has surely waited that long. */

#include "manager/requests/queue_history.h"

#include "unit.h"

START_TEST(nothing_is_late_at_first) {
        QueueHistory history = {};

        ck_assert_uint_eq(queue_history_stale(&history, 100, 1000), 0);
        queue_history_add(&history, 10, 5, 1000);
        ck_assert_uint_eq(queue_history_stale(&history, 100, 1099), 0);
}
END_TEST

START_TEST(what_stood_there_then_is_late_now) {
        QueueHistory history = {};

        queue_history_add(&history, 10, 5, 1000); /* numbers up to 15 were there */
        queue_history_add(&history, 12, 9, 1050);
        ck_assert_uint_eq(queue_history_stale(&history, 100, 1100), 15);
        ck_assert_uint_eq(queue_history_stale(&history, 100, 1149), 15);
        ck_assert_uint_eq(queue_history_stale(&history, 100, 1150), 21);
}
END_TEST

START_TEST(old_moments_are_forgotten_without_harm) {
        QueueHistory history = {};

        for (unsigned i = 0; i < 10 * QUEUE_HISTORY_MAX; i++)
                queue_history_add(&history, i, 3, 1000 + i);
        ck_assert_uint_eq(queue_history_stale(&history, 0, 1000000), 10 * QUEUE_HISTORY_MAX + 2);
        ck_assert_uint_eq(queue_history_stale(&history, UINT64_C(1) << 40, 2000), 0);
}
END_TEST

UNIT_MAIN("queue-history", nothing_is_late_at_first, what_stood_there_then_is_late_now,
                old_moments_are_forgotten_without_harm);
