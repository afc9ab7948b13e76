/* SPDX-License-Identifier: MIT */
/* Proves that a number stands for one connection only, and that the places are counted right. */

#include "php/worker/keepalive/keepalive_table.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

static KeepaliveTable table;
static const KeepalivePast fresh;

static void setup(void) {
        keepalive_table_init(&table, 3);
}

START_TEST(a_table_takes_as_many_as_its_limit) {
        ck_assert_int_eq(keepalive_table_add(&table, 10, &fresh), 0);
        ck_assert_int_eq(keepalive_table_add(&table, 11, &fresh), 1);
        ck_assert(keepalive_table_has_room(&table));
        ck_assert_int_eq(keepalive_table_add(&table, 12, &fresh), 2);
        ck_assert(!keepalive_table_has_room(&table));
        ck_assert_int_eq(keepalive_table_add(&table, 13, &fresh), -ENOBUFS);
        ck_assert_uint_eq(table.n_waiting, 3);

        ck_assert_int_eq(keepalive_table_remove(&table, 1), 11);
        ck_assert_int_eq(keepalive_table_add(&table, 14, &fresh), 1);
        ck_assert_uint_eq(table.n_reserved, 3);
}
END_TEST

/* Memory is what it was before. */
START_TEST(what_was_never_occupied) {
        KeepaliveTable zeros;
        size_t n;

        memset(&zeros, 0, sizeof(zeros));
        keepalive_table_init(&zeros, 3);
        ck_assert_int_eq(keepalive_table_find(&zeros, 0), -ENOENT);
        ck_assert_int_eq(keepalive_table_find(&zeros, 2), -ENOENT);
        ck_assert_int_eq(keepalive_table_first_silent(&zeros, &n), -ENOENT);
        ck_assert_int_eq(keepalive_table_add(&zeros, 10, &fresh), 0);
        ck_assert_int_eq(keepalive_table_add(&zeros, 11, &fresh), 1);
        ck_assert_int_eq(keepalive_table_find(&zeros, keepalive_table_tag(&zeros, 1)), 1);
}
END_TEST

START_TEST(the_borrowed_one_does_not_wait_and_has_a_place) {
        KeepalivePast past;

        (void) keepalive_table_add(&table, 10, &(KeepalivePast){ .since_usec = 7 });
        (void) keepalive_table_add(&table, 11, &fresh);
        (void) keepalive_table_add(&table, 12, &fresh);
        ck_assert_int_eq(keepalive_table_borrow(&table, 0, &past), 10);
        ck_assert_uint_eq(past.since_usec, 7);
        ck_assert_uint_eq(table.n_waiting, 2);
        ck_assert(!keepalive_table_is_waiting(&table, 0) && keepalive_table_is_waiting(&table, 1));
        ck_assert(!keepalive_table_has_room(&table));

        ck_assert(keepalive_table_give_back(&table));
        ck_assert_uint_eq(table.n_waiting, 3);
        ck_assert_uint_eq(table.places[0].past.since_usec, 0);
        ck_assert(!keepalive_table_give_back(&table));

        (void) keepalive_table_borrow(&table, 2, &past);
        ck_assert_int_eq(keepalive_table_remove(&table, 2), 12);
        ck_assert_uint_eq(table.n_waiting, 2);
        ck_assert(!keepalive_table_give_back(&table));
}
END_TEST

START_TEST(a_tag_is_that_of_one_connection) {
        uint64_t tag;

        (void) keepalive_table_add(&table, 10, &fresh);
        tag = keepalive_table_tag(&table, 0);
        ck_assert_uint_ge(tag, KEEPALIVE_TAG_FIRST);
        ck_assert_int_eq(keepalive_table_find(&table, tag), 0);

        (void) keepalive_table_remove(&table, 0);
        ck_assert_int_eq(keepalive_table_find(&table, tag), -ENOENT);
        (void) keepalive_table_add(&table, 10, &fresh);
        ck_assert_int_eq(keepalive_table_find(&table, tag), -ENOENT);
        ck_assert_int_eq(keepalive_table_find(&table, KEEPALIVE_TAG_FIRST | UINT32_MAX), -ENOENT);
        ck_assert_int_eq(keepalive_table_find(&table, 0), -ENOENT);

        table.serial = UINT32_MAX;
        ck_assert_int_eq(keepalive_table_add(&table, 11, &fresh), 1);
        ck_assert_uint_ge(keepalive_table_tag(&table, 1), KEEPALIVE_TAG_FIRST);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("keepalive-table");
        TCase *tcase = tcase_create("keepalive-table");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, a_table_takes_as_many_as_its_limit);
        tcase_add_test(tcase, what_was_never_occupied);
        tcase_add_test(tcase, the_borrowed_one_does_not_wait_and_has_a_place);
        tcase_add_test(tcase, a_tag_is_that_of_one_connection);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
