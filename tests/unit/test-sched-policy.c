/* SPDX-License-Identifier: MIT */
/* Proves that a worker whose requests wait often is SCHED_OTHER, another SCHED_BATCH, and that the policy of the unit stays. */

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

UNIT_MAIN("sched-policy", who_waits_often_is_not_batch, the_policy_follows_the_waits,
                a_policy_of_the_unit_stays);
