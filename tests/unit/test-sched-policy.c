/* SPDX-License-Identifier: MIT */
/* Proves that a worker whose requests wait often is SCHED_OTHER, another SCHED_BATCH, that the policy of the unit
 * stays, and that only one who serves short requests without a sleep lets others come first. */

#include "php/worker/sched_policy.h"

#include <sched.h>
#include <time.h>

#include "unit.h"

static void wait_often(unsigned n) {
        const struct timespec pause = { .tv_nsec = 1000 };

        for (unsigned i = 0; i < n; i++)
                nanosleep(&pause, NULL);
}

START_TEST(who_waits_often_is_not_batch) {
        const SchedPolicy batch = { .is_batch = true }, other = {};

        ck_assert(sched_policy_is_batch(&batch, 1000, 1000));
        ck_assert(sched_policy_is_batch(&batch, 5, 1));
        ck_assert(!sched_policy_is_batch(&batch, 26, 1));
        ck_assert(!sched_policy_is_batch(&other, 26, 1));
        ck_assert(!sched_policy_is_batch(&other, 4, 1));
        ck_assert(sched_policy_is_batch(&other, 1, 1));
}
END_TEST

START_TEST(the_policy_follows_the_waits) {
        SchedPolicy policy;

        ck_assert_int_eq(sched_getscheduler(0), SCHED_OTHER);
        sched_policy_init(&policy);
        ck_assert_int_eq(sched_getscheduler(0), SCHED_BATCH);

        wait_often(20);
        sched_policy_add(&policy, SCHED_POLICY_LOOK_USEC - 1);
        ck_assert_int_eq(sched_getscheduler(0), SCHED_BATCH);
        sched_policy_add(&policy, 1);
        ck_assert_int_eq(sched_getscheduler(0), SCHED_OTHER);
        sched_policy_add(&policy, 1); /* not yet the next look */
        ck_assert_int_eq(sched_getscheduler(0), SCHED_OTHER);

        for (int i = 0; i < 100; i++)
                sched_policy_add(&policy, SCHED_POLICY_LOOK_USEC / 100);
        ck_assert_int_eq(sched_getscheduler(0), SCHED_BATCH);
}
END_TEST

START_TEST(a_policy_of_the_unit_stays) {
        const struct sched_param param = {};
        SchedPolicy policy;

        ck_assert_int_eq(sched_setscheduler(0, SCHED_IDLE, &param), 0);
        sched_policy_init(&policy);
        wait_often(20);
        sched_policy_add(&policy, SCHED_POLICY_LOOK_USEC);
        ck_assert_int_eq(sched_getscheduler(0), SCHED_IDLE);
}
END_TEST

START_TEST(short_requests_yield_once_a_millisecond) {
        SchedPolicy policy = { .awake_usec = 5000 };

        for (uint64_t now_usec = 5100; now_usec < 6000; now_usec += 100)
                ck_assert(!sched_policy_must_yield(&policy, now_usec));
        ck_assert(sched_policy_must_yield(&policy, 6000));
        ck_assert(!sched_policy_must_yield(&policy, 6100));

        sched_policy_has_slept(&policy, 6900);
        ck_assert(!sched_policy_must_yield(&policy, 7100));
        ck_assert(sched_policy_must_yield(&policy, 7900));
}
END_TEST

START_TEST(long_requests_never_yield) {
        SchedPolicy policy = {};

        for (uint64_t now_usec = 3000; now_usec < 60000; now_usec += 3000)
                ck_assert(!sched_policy_must_yield(&policy, now_usec));
}
END_TEST

UNIT_MAIN("sched-policy", who_waits_often_is_not_batch, the_policy_follows_the_waits,
                a_policy_of_the_unit_stays, short_requests_yield_once_a_millisecond,
                long_requests_never_yield);
