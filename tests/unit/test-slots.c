/* SPDX-License-Identifier: MIT */
/* Proves that a report of the zygote counts only in the state in which it can be true. */

#include "manager/workers/slots.h"

#include <errno.h>

#include "unit.h"

START_TEST(a_worker_lives_and_dies) {
        _cleanup_(slots_freep) Slots *slots = NULL;
        unsigned slot;
        uint64_t lived;

        ck_assert_int_eq(slots_new(&slots, 2), 0);
        ck_assert(slots_take(slots, &slot));
        ck_assert_uint_eq(slot, 0);
        ck_assert_uint_eq(slots_forking(slots), 1);
        ck_assert_int_eq(slots_forked(slots, 0, 77, 1000), 0);
        ck_assert_int_eq(slots_pid(slots, 0), 77);
        ck_assert_uint_eq(slots_forking(slots), 0);
        ck_assert_uint_eq(slots_taken(slots), 1);
        ck_assert_int_eq(slots_exited(slots, 0, SLOT_LEFT, 5000, &lived), 0);
        ck_assert_uint_eq(lived, 4000);
        ck_assert_uint_eq(slots_taken(slots), 0);
}
END_TEST

START_TEST(no_more_than_there_are) {
        _cleanup_(slots_freep) Slots *slots = NULL;
        unsigned slot;

        ck_assert_int_eq(slots_new(&slots, 1), 0);
        ck_assert(slots_take(slots, &slot));
        ck_assert(!slots_take(slots, &slot));
}
END_TEST

START_TEST(lies_are_refused) {
        _cleanup_(slots_freep) Slots *slots = NULL;
        uint64_t lived;
        unsigned slot;

        ck_assert_int_eq(slots_new(&slots, 2), 0);
        ck_assert_int_eq(slots_forked(slots, 0, 7, 0), -EBADMSG);
        ck_assert_int_eq(slots_not_forked(slots, 0, 0), -EBADMSG);
        ck_assert_int_eq(slots_exited(slots, 0, SLOT_NEVER_STARTED, 0, &lived), -EBADMSG);
        ck_assert_int_eq(slots_retire(slots, 0), -EBADMSG);

        ck_assert(slots_take(slots, &slot));
        ck_assert_int_eq(slots_exited(slots, slot, SLOT_NEVER_STARTED, 0, &lived), -EBADMSG);
        ck_assert_int_eq(slots_forked(slots, slot, 7, 0), 0);
        ck_assert_int_eq(slots_forked(slots, slot, 7, 0), -EBADMSG);
        ck_assert_int_eq(slots_retire(slots, slot), 0);
        ck_assert_int_eq(slots_retire(slots, slot), -EBADMSG);
        ck_assert_int_eq(slots_exited(slots, slot, SLOT_LEFT, 0, &lived), 0);
}
END_TEST

START_TEST(dying_at_once_makes_a_pause) {
        _cleanup_(slots_freep) Slots *slots = NULL;
        uint64_t lived, now = 1000000, pause = 0;
        unsigned slot;

        ck_assert_int_eq(slots_new(&slots, 1), 0);
        for (int i = 0; i < 12; i++) {
                ck_assert(slots_take(slots, &slot));
                ck_assert_int_eq(slots_forked(slots, slot, 7, now), 0);
                ck_assert_int_eq(
                                slots_exited(slots, slot, SLOT_NEVER_STARTED, now + 10, &lived), 0);
                ck_assert_uint_ge(slots_pause_until_usec(slots) - now, pause);
                pause = slots_pause_until_usec(slots) - now - 10;
                now = slots_pause_until_usec(slots);
        }
        ck_assert_uint_eq(pause, BACKOFF_LIMIT_MSEC * 1000);

        ck_assert(slots_take(slots, &slot));
        ck_assert_int_eq(slots_forked(slots, slot, 7, now), 0);
        ck_assert_int_eq(slots_exited(slots, slot, SLOT_NEVER_STARTED, now + 5000000, &lived), 0);
        ck_assert_uint_eq(slots_pause_until_usec(slots), 0);
}
END_TEST

START_TEST(a_crash_makes_a_short_pause_only) {
        _cleanup_(slots_freep) Slots *slots = NULL;
        uint64_t lived, now = 1000000;
        unsigned slot;

        ck_assert_int_eq(slots_new(&slots, 1), 0);
        for (int i = 0; i < 12; i++) {
                ck_assert(slots_take(slots, &slot));
                ck_assert_int_eq(slots_forked(slots, slot, 7, now), 0);
                ck_assert_int_eq(slots_exited(slots, slot, SLOT_CRASHED, now + 10, &lived), 0);
                ck_assert_uint_eq(slots_pause_until_usec(slots),
                                now + 10 + BACKOFF_PAUSE_MSEC * 1000);
                now = slots_pause_until_usec(slots);
        }
}
END_TEST

UNIT_MAIN("slots", a_worker_lives_and_dies, no_more_than_there_are, lies_are_refused,
                dying_at_once_makes_a_pause, a_crash_makes_a_short_pause_only);
