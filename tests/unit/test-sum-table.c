/* SPDX-License-Identifier: MIT */
#include "base/sum_table.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/sum.h"
#include "unit.h"

enum {
        N = 1000,
};

static SumTable *table;

static void setup(void) {
        ck_assert_int_eq(sum_table_new(&table, N), 0);
}

static void teardown(void) {
        table = sum_table_free(table);
}

START_TEST(test_first_stays) {
        ck_assert_uint_eq(sum_table_get(table, 7), 0);
        sum_table_put(table, 7, 70);
        sum_table_put(table, 7, 71);
        sum_table_put(table, UINT64_MAX, 1);
        ck_assert_uint_eq(sum_table_get(table, 7), 70);
        ck_assert_uint_eq(sum_table_get(table, UINT64_MAX), 1);
        ck_assert_uint_eq(sum_table_get(table, 8), 0);
}
END_TEST

START_TEST(test_full) {
        unsigned n_lost = 0;

        for (uint64_t i = 1; i <= N; i++)
                sum_table_put(table, sum_of(&i, sizeof(i)), i);
        for (uint64_t i = 1; i <= N; i++)
                n_lost += sum_table_get(table, sum_of(&i, sizeof(i))) != i;
        ck_assert_uint_eq(n_lost, 0);

        for (uint64_t i = N + 1; i <= 10 * N; i++)
                sum_table_put(table, sum_of(&i, sizeof(i)), i);
        for (uint64_t i = 1; i <= 10 * N; i++) {
                uint64_t sum = sum_table_get(table, sum_of(&i, sizeof(i)));

                ck_assert(sum == i || (sum == 0 && i > N));
        }
}
END_TEST

static void put_all(uint64_t who) {
        for (uint64_t i = 1; i <= N; i++)
                sum_table_put(table, sum_of(&i, sizeof(i)), who << 32 | i);
}

START_TEST(test_shared) {
        for (uint64_t who = 1; who <= 4; who++) {
                pid_t pid = fork();

                ck_assert_int_ge(pid, 0);
                if (pid == 0) {
                        put_all(who);
                        _exit(0);
                }
        }
        while (wait(NULL) > 0)
                ;
        for (uint64_t i = 1; i <= N; i++)
                ck_assert_uint_eq((uint32_t) sum_table_get(table, sum_of(&i, sizeof(i))), i);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("sum-table");
        TCase *tc = tcase_create("all");

        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_add_test(tc, test_first_stays);
        tcase_add_test(tc, test_full);
        tcase_add_test(tc, test_shared);
        suite_add_tcase(s, tc);
        return s;
}

UNIT_ENTRY {
        return unit_run(suite());
}
