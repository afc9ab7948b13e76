/* SPDX-License-Identifier: MIT */
/* Proves that long requests are measured one by one, short ones together, and what comes of it. */

#include "php/worker/cpu_share.h"

#include "unit.h"

START_TEST(long_ones_alone) {
        CpuShare share;

        cpu_share_init(&share, 700);
        ck_assert(cpu_share_add(&share, 40000));
        cpu_share_sample(&share, 700 + 10000);
        ck_assert_uint_eq(share.centipercent, 2500);

        ck_assert(cpu_share_add(&share, 1000));
        cpu_share_sample(&share, 700 + 10000 + 1000);
        ck_assert_uint_eq(share.centipercent, 10000);
}
END_TEST

START_TEST(short_ones_together) {
        unsigned n_looks = 0;
        CpuShare share;

        cpu_share_init(&share, 0);
        for (unsigned i = 1; i <= 1000; i++)
                if (cpu_share_add(&share, 20)) {
                        n_looks++;
                        cpu_share_sample(&share, (uint64_t) i * 5);
                }
        ck_assert_uint_eq(n_looks, 1000 * 20 / CPU_SHARE_SAMPLE_USEC);
        ck_assert_uint_eq(share.centipercent, 2500);
}
END_TEST

START_TEST(what_is_between_requests_makes_no_more_than_one_cpu) {
        CpuShare share;

        cpu_share_init(&share, 0);
        ck_assert(!cpu_share_add(&share, 600));
        ck_assert(cpu_share_add(&share, 600));
        cpu_share_sample(&share, 1500);
        ck_assert_uint_eq(share.centipercent, 10000);
}
END_TEST

START_TEST(threads_make_more) {
        CpuShare share;

        cpu_share_init(&share, 0);
        ck_assert(cpu_share_add(&share, 2000));
        cpu_share_sample(&share, 6000);
        ck_assert_uint_eq(share.centipercent, 30000);
}
END_TEST

START_TEST(no_time_at_all) {
        CpuShare share;

        cpu_share_init(&share, 5);
        ck_assert(!cpu_share_add(&share, 0));
        cpu_share_sample(&share, 10);
        ck_assert_uint_eq(share.centipercent, 0);
}
END_TEST

UNIT_MAIN("cpu-share", long_ones_alone, short_ones_together,
                what_is_between_requests_makes_no_more_than_one_cpu, threads_make_more,
                no_time_at_all);
