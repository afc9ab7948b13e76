/* SPDX-License-Identifier: MIT */
/* Proves that tables stay in their columns whatever stands in a cell, that nothing in a cell reaches the terminal
 * as anything but text, and that numbers read well. */

#include "fpmctl/table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "fpmctl/formatted_text.h"
#include "fpmctl/pools/rates.h"
#include "unit.h"

static const TableColumn columns[] = {
        { "NAME", false },
        { "N", true },
        { "TEXT", false },
};

static void check_table(const TableFormat *look, const char *name, const char *number,
                const char *text, const char *expected) {
        Table *table;
        char *lines;

        ck_assert_int_eq(table_new(&table, columns, 3), 0);
        table_cell(table, TABLE_PLAIN, "%s", name);
        table_cell(table, TABLE_GOOD, "%s", number);
        table_cell(table, TABLE_PLAIN, "%s", text);
        ck_assert_uint_eq(table_rows(table), 1);
        ck_assert_int_eq(table_render(table, look, &lines), 0);
        ck_assert_str_eq(lines, expected);
        free(lines);
        table_free(table);
}

START_TEST(columns_are_as_wide_as_their_widest_cell) {
        TableFormat look = {};

        check_table(&look, "www", "12345", "x", "NAME      N  TEXT\nwww   12345  x\n");
        check_table(&look, "a-long-name", "1", "", "NAME         N  TEXT\na-long-name  1  \n");
}
END_TEST

START_TEST(lines_are_cut) {
        TableFormat look = { .width = 12 };

        check_table(&look, "www", "1", "abcdefgh", "NAME  N  TEX\nwww   1  abc\n");
        look.width = 3;
        check_table(&look, "wwwww", "1", "abcdefgh", "NAM\nwww\n");
}
END_TEST

START_TEST(one_long_cell_does_not_fill_up_the_other_lines) {
        static char wide[100000];
        size_t size;
        Table *table;
        char *lines;

        memset(wide, 'x', sizeof(wide) - 1);
        ck_assert_int_eq(table_new(&table, columns, 3), 0);
        for (unsigned i = 0; i < 100; i++) {
                table_cell(table, TABLE_PLAIN, "%s", i == 50 ? wide : "www");
                table_cell(table, TABLE_PLAIN, "%s", i == 60 ? wide : "1");
                table_cell(table, TABLE_PLAIN, "text");
        }
        ck_assert_int_eq(table_render(table, &(TableFormat){}, &lines), 0);
        size = strlen(lines);
        ck_assert_uint_ge(size, 2 * (sizeof(wide) - 1));
        ck_assert_uint_le(size, 2 * sizeof(wide) + 100 * 400);
        free(lines);
        table_free(table);
}
END_TEST

START_TEST(strangers_stay_in_their_cell) {
        TableFormat look = {};

        check_table(&look, "a\x1b[2Jb", "1", "x\ny\xff\xc2\x9bz",
                        "NAME       N  TEXT\na\\x1b[2Jb  1  x\\x0ay\\xff\\xc2\\x9bz\n");
}
END_TEST

START_TEST(wide_characters_take_their_place) {
        TableFormat look = {};

        ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
        ck_assert_uint_eq(table_text_width("é日本"), 5);
        check_table(&look, "日本é", "1", "x", "NAME   N  TEXT\n日本é  1  x\n");
        look.width = 3;
        check_table(&look, "日本", "1", "x", "NAM\n日\n");
}
END_TEST

START_TEST(a_line_beside_a_table_is_cut_as_well) {
        ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
        ck_assert_uint_eq(table_text_fit("www: 日本", &(TableFormat){}), 11);
        ck_assert_uint_eq(table_text_fit("www: 日本", &(TableFormat){ .width = 9 }), 11);
        ck_assert_uint_eq(table_text_fit("www: 日本", &(TableFormat){ .width = 8 }), 8);
        ck_assert_uint_eq(table_text_fit("www", &(TableFormat){ .width = 2 }), 2);
}
END_TEST

START_TEST(colours_only_where_asked_for) {
        TableFormat look = { .colour = true };

        check_table(&look, "www", "1", "x",
                        "\033[1mNAME\033[0m  \033[1mN\033[0m  \033[1mTEXT\033[0m\n"
                        "www   \033[32m1\033[0m  x\n");
}
END_TEST

START_TEST(an_empty_table_has_its_titles) {
        Table *table;
        char *lines;

        ck_assert_int_eq(table_new(&table, columns, 3), 0);
        ck_assert_int_eq(table_render(table, &(TableFormat){}, &lines), 0);
        ck_assert_str_eq(lines, "NAME  N  TEXT\n");
        free(lines);
        table_free(table);
}
END_TEST

START_TEST(words) {
        ck_assert_str_eq(format_bytes(0).text, "0B");
        ck_assert_str_eq(format_bytes(1023).text, "1023B");
        ck_assert_str_eq(format_bytes(1024).text, "1.0K");
        ck_assert_str_eq(format_bytes(10 * 1024).text, "10K");
        ck_assert_str_eq(format_bytes(1024 * 1024 - 1).text, "1.0M");
        ck_assert_str_eq(format_bytes(UINT64_MAX).text, "16E");
        ck_assert_str_eq(format_seconds(-1).text, "0.00s");
        ck_assert_str_eq(format_seconds(0.354).text, "0.35s");
        ck_assert_str_eq(format_seconds(12.34).text, "12.3s");
        ck_assert_str_eq(format_seconds(303).text, "5min 3s");
        ck_assert_str_eq(format_seconds(3600 * 2 + 300).text, "2h 5min");
        ck_assert_str_eq(format_seconds(86400 * 3 + 3600 * 4).text, "3d 4h");
        ck_assert_str_eq(format_rate(0).text, "0");
        ck_assert_str_eq(format_rate(0.25).text, "0.25");
        ck_assert_str_eq(format_rate(12.54).text, "12.5");
        ck_assert_str_eq(format_rate(1234.5).text, "1234");
}
END_TEST

START_TEST(rates_are_of_the_time_between) {
        Rates *rates;
        Rate rate;

        ck_assert_int_eq(rates_new(&rates), 0);
        rates_add(rates, "a", &(RateSample){ 10000000, 100, 5000000 }, 5000000, &rate);
        ck_assert_double_eq_tol(rate.requests, 20, 1e-9); /* since the start */
        ck_assert_double_eq_tol(rate.cpu, 1, 1e-9);
        rates_add(rates, "a", &(RateSample){ 12000000, 300, 6000000 }, 7000000, &rate);
        ck_assert_double_eq_tol(rate.requests, 100, 1e-9);
        ck_assert_double_eq_tol(rate.cpu, 0.5, 1e-9);
        rates_add(rates, "b", &(RateSample){ 12000000, 0, 0 }, 0, &rate);
        ck_assert_double_eq_tol(rate.requests, 0, 1e-9);
        rates_add(rates, "a", &(RateSample){ 13000000, 10, 0 }, 500000, &rate);
        ck_assert_double_eq_tol(
                        rate.requests, 10, 1e-9); /* another pool by that name, half a second old */
        rates_free(rates);
}
END_TEST

START_TEST(a_young_pool_has_no_rate_of_its_first_moment) {
        ck_assert_double_eq_tol(rate_since_start(1, 0.02), 1, 1e-9);
        ck_assert_double_eq_tol(rate_since_start(3, 0), 3, 1e-9);
        ck_assert_double_eq_tol(rate_since_start(50, 10), 5, 1e-9);
}
END_TEST

UNIT_MAIN("fpmctl-table", columns_are_as_wide_as_their_widest_cell, lines_are_cut,
                one_long_cell_does_not_fill_up_the_other_lines, strangers_stay_in_their_cell,
                wide_characters_take_their_place, a_line_beside_a_table_is_cut_as_well,
                colours_only_where_asked_for, an_empty_table_has_its_titles, words,
                rates_are_of_the_time_between, a_young_pool_has_no_rate_of_its_first_moment);
