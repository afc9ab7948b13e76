/* SPDX-License-Identifier: MIT */
/* Proves that one user's questions do not use up what others may ask, and that all together have a share of one CPU. */

#include "manager/control/control_quota.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "unit.h"

static unsigned ask(ControlQuota *quota, uid_t uid, unsigned n, uint64_t now_usec) {
        unsigned n_answered = 0;

        for (unsigned i = 0; i < n; i++)
                n_answered += control_quota_take(quota, uid, now_usec);

        return n_answered;
}

START_TEST(a_burst_then_a_rate) {
        ControlQuota quota = {};
        uint64_t now = 1000 * USEC_PER_SEC;

        ck_assert_uint_eq(ask(&quota, 1000, 1000, now), CONTROL_QUOTA_BURST);
        ck_assert_uint_eq(ask(&quota, 1000, 1000, now), 0);
        ck_assert_uint_eq(
                        ask(&quota, 1000, 1000, now + USEC_PER_SEC / 2), CONTROL_QUOTA_PER_SEC / 2);
        ck_assert_uint_eq(ask(&quota, 1000, 1000, now + 60 * USEC_PER_SEC), CONTROL_QUOTA_BURST);
}
END_TEST

START_TEST(others_notice_nothing) {
        ControlQuota quota = {};
        uint64_t now = 1000 * USEC_PER_SEC;

        for (unsigned second = 0; second < 10; second++, now += USEC_PER_SEC) {
                (void) ask(&quota, 1000, 100000, now);
                ck_assert_uint_eq(ask(&quota, 1001, 5, now), 5);
                ck_assert_uint_eq(ask(&quota, 0, 5, now), 5);
        }
}
END_TEST

START_TEST(more_users_than_entries) {
        ControlQuota quota = {};
        uint64_t now = 1000 * USEC_PER_SEC;

        ck_assert_uint_eq(ask(&quota, 1000, 1000, now), CONTROL_QUOTA_BURST);
        for (uid_t uid = 2000; uid < 2000 + 2 * CONTROL_QUOTA_USERS; uid++)
                ck_assert_uint_eq(ask(&quota, uid, 1, now), 1);
        ck_assert_uint_eq(ask(&quota, 1000, 1, now), 0); /* who has asked most is forgotten last */
}
END_TEST

/* Works whenever it may, in pieces of cost_usec, for a second. */
static uint64_t work_for_a_second(ControlQuota *quota, uint64_t cost_usec) {
        uint64_t now = 1000 * USEC_PER_SEC, end = now + USEC_PER_SEC, spent = 0;

        while (now < end) {
                uint64_t until;

                spent += cost_usec;
                now += cost_usec;
                until = control_quota_spend(quota, cost_usec, now);
                if (until > 0) {
                        ck_assert_uint_gt(until, now);
                        now = until;
                }
        }

        return spent;
}

START_TEST(a_share_of_the_cpu) {
        static const uint64_t costs[] = { 5, 100, 1000, 20000 };

        for (size_t i = 0; i < ELEMENTSOF(costs); i++) {
                ControlQuota quota = {};
                uint64_t spent = work_for_a_second(&quota, costs[i]),
                         share = USEC_PER_SEC * CONTROL_QUOTA_CPU / 100;

                ck_assert_uint_ge(spent, share * 9 / 10);
                ck_assert_uint_le(spent, share * 11 / 10 + costs[i]);
        }
}
END_TEST

START_TEST(little_work_is_never_late) {
        ControlQuota quota = {};
        uint64_t now = 1000 * USEC_PER_SEC;

        for (unsigned i = 0; i < 1000; i++, now += USEC_PER_SEC / 100)
                ck_assert_uint_eq(control_quota_spend(&quota, 200, now), 0);
}
END_TEST

UNIT_MAIN("control_quota", a_burst_then_a_rate, others_notice_nothing, more_users_than_entries,
                a_share_of_the_cpu, little_work_is_never_late);
