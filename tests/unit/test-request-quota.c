/* SPDX-License-Identifier: MIT */
/* Proves that workers which share the load do not reach pm.max_requests together, and that none goes
 * beyond it or leaves before its first request. */

#include "php/worker/request_quota.h"

#include "contract/scoreboard.h"
#include "unit.h"

START_TEST(without_end) {
        for (unsigned slot = 0; slot <= SCOREBOARD_SLOTS_MAX; slot++)
                ck_assert_uint_eq(request_quota_requests(0, slot), 0);
}
END_TEST

START_TEST(one_is_one) {
        for (unsigned slot = 0; slot <= SCOREBOARD_SLOTS_MAX; slot++)
                ck_assert_uint_eq(request_quota_requests(1, slot), 1);
}
END_TEST

static void stays_within(uint64_t max_requests) {
        uint64_t less = max_requests / 10 > 3 ? max_requests / 10 : 3;

        ck_assert_uint_eq(request_quota_requests(max_requests, 0), max_requests);
        for (unsigned slot = 0; slot <= SCOREBOARD_SLOTS_MAX; slot++) {
                uint64_t requests = request_quota_requests(max_requests, slot);

                ck_assert_uint_ge(requests, 1);
                ck_assert_uint_le(requests, max_requests);
                ck_assert_uint_ge(requests + less, max_requests);
                ck_assert_uint_ge(requests, (max_requests + 1) / 2);
        }
}

START_TEST(never_more_and_not_much_less) {
        for (uint64_t max_requests = 2; max_requests <= 300; max_requests++)
                stays_within(max_requests);

        stays_within(10000);
        stays_within(INT32_MAX);
}
END_TEST

/* How many of the first n slots reach it at the same time, at most. */
static unsigned together(uint64_t max_requests, unsigned n) {
        unsigned most = 0;

        for (unsigned slot = 0; slot < n; slot++) {
                unsigned same = 0;

                for (unsigned other = 0; other < n; other++)
                        same += request_quota_requests(max_requests, other) ==
                                request_quota_requests(max_requests, slot);
                most = same > most ? same : most;
        }

        return most;
}

START_TEST(not_together) {
        for (uint64_t max_requests = 2; max_requests <= 300; max_requests++) {
                ck_assert_uint_eq(together(max_requests, 2), 1);
                ck_assert_uint_le(together(max_requests, 12), max_requests < 6 ? 6 : 3);
        }

        ck_assert_uint_eq(together(500, 51), 1);
        ck_assert_uint_eq(together(10000, 200), 1);
        ck_assert_uint_eq(together(INT32_MAX, 200), 1);
}
END_TEST

UNIT_MAIN("lifetime", without_end, one_is_one, never_more_and_not_much_less, not_together);
