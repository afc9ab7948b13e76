/* SPDX-License-Identifier: MIT */
/* Proves what systemctl status shows, and that the rate in it is not made of moments. */

#include "manager/status_line.h"

#include <string.h>

#include "unit.h"

static const struct tm noon = {
        .tm_year = 126, .tm_mon = 10, .tm_mday = 2, .tm_hour = 12, .tm_sec = 7
};

START_TEST(a_line) {
        PoolStatus status = {
                .n_busy = 1,
                .n_idle = 2,
                .n_starting = 1,
                .worker_limit = 5,
                .n_queued = 6,
                .counts = { .n_requests = 70, .n_slow = 3 },
                .generation = 2,
        };
        StatusRate rate = { .per_second = 2.54 };
        StatusTrouble trouble = { .at = noon };
        char line[512];

        status_line_format(line, sizeof(line), &status, &rate, &trouble, &noon);
        ck_assert_str_eq(line,
                        "Workers: 4 of 5, 1 busy, 2 idle, 1 starting; queue: 6; requests: 70; 2.5/s; "
                        "slow: 3; generation 2; at 12:00:07");

        status.n_starting = 0;
        status_line_format(line, sizeof(line), &status, &rate, &trouble, &noon);
        ck_assert_ptr_nonnull(strstr(line, "Workers: 3 of 5, 1 busy, 2 idle; queue: 6;"));

        status.reason = START_EMERGENCY;
        status_line_format(line, sizeof(line), &status, &rate, &trouble, &noon);
        ck_assert_ptr_nonnull(strstr(line, "; generation 2 (after crashes); at 12:00:07"));
        status.reason = START_RELOAD;

        trouble.text = "Worker 3 was killed by SIGSEGV";
        status_line_format(line, sizeof(line), &status, &rate, &trouble, &noon);
        ck_assert_ptr_nonnull(strstr(line, "; at 12:00:07; last trouble: Worker 3 was killed by "
                                           "SIGSEGV (Nov  2 12:00:07)"));
}
END_TEST

START_TEST(the_rate) {
        StatusRate rate = {};

        status_rate_update(&rate, 1000, 5000000);
        ck_assert(rate.per_second == 0);
        status_rate_update(&rate, 1001, 5001000); /* 1 ms later: says nothing */
        ck_assert(rate.per_second == 0);
        status_rate_update(&rate, 1020, 7000000);
        ck_assert(rate.per_second == 10);
        status_rate_update(&rate, 1020, 9000000);
        ck_assert(rate.per_second == 0);
        status_rate_update(&rate, 5, 11000000); /* of a new generation, say */
        ck_assert(rate.per_second == 0);
}
END_TEST

UNIT_MAIN("status-line", a_line, the_rate);
