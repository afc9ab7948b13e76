/* SPDX-License-Identifier: MIT */
/* Proves that each duration is counted under the bound that Prometheus expects, and that no claim, however often
 * it is made, turns a sum around. */

#include "contract/durations.h"

#include <stdlib.h>

#include "unit.h"

START_TEST(a_bound_belongs_to_its_bucket) {
        double last = 0;

        for (unsigned i = 0; i + 1 < DURATION_BUCKETS; i++) {
                double bound = strtod(durations_bound(i), NULL);
                uint64_t usec = (uint64_t) (bound * 1e6 + 0.5);

                ck_assert_double_gt(bound, last);
                ck_assert_uint_eq(durations_bucket(usec), i);
                ck_assert_uint_eq(durations_bucket(usec + 1), i + 1);
                last = bound;
        }

        ck_assert_uint_eq(durations_bucket(0), 0);
        ck_assert_uint_eq(durations_bucket(UINT64_MAX), DURATION_BUCKETS - 1);
        ck_assert_str_eq(durations_bound(DURATION_BUCKETS - 1), "+Inf");
}
END_TEST

START_TEST(sums_are_sums) {
        Durations sum = {}, claim = { .n = { 1, 2 }, .sum_usec = 5 };

        durations_add_claim(&sum, &claim);
        durations_add_claim(&sum, &claim);
        ck_assert_uint_eq(sum.n[0], 2);
        ck_assert_uint_eq(sum.n[1], 4);
        ck_assert_uint_eq(sum.n[2], 0);
        ck_assert_uint_eq(sum.sum_usec, 10);
}
END_TEST

START_TEST(no_claim_overflows) {
        Durations sum = {}, claim, all = {};
        uint64_t total = 0;

        for (unsigned i = 0; i < DURATION_BUCKETS; i++)
                claim.n[i] = UINT64_MAX;
        claim.sum_usec = UINT64_MAX;
        for (unsigned i = 0; i < 4096; i++)
                durations_add_claim(&sum, &claim);
        for (unsigned i = 0; i < 100000; i++)
                durations_add(&all, &sum);

        for (unsigned i = 0; i < DURATION_BUCKETS; i++) {
                ck_assert_uint_ge(all.n[i], sum.n[i]);
                total += all.n[i];
        }
        ck_assert_uint_lt(total, (uint64_t) INT64_MAX);
        ck_assert_uint_lt(all.sum_usec, (uint64_t) INT64_MAX);
}
END_TEST

UNIT_MAIN("durations", a_bound_belongs_to_its_bucket, sums_are_sums, no_claim_overflows);
