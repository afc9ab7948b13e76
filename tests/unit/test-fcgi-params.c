/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "php/fastcgi/fcgi_params.h"
#include "unit.h"

static FcgiParams params;

static void setup(void) {
        ck_assert_int_eq(fcgi_params_init(&params, 4096, 16), 0);
}

static void teardown(void) {
        fcgi_params_done(&params);
}

static int parse(const char *bytes, size_t size) {
        int r;

        fcgi_params_reset(&params);
        r = fcgi_params_append(&params, bytes, size);
        return r < 0 ? r : fcgi_params_parse(&params);
}

#define PARSE(literal) parse(literal, sizeof(literal) - 1)

static const char *value(const char *name) {
        const FcgiParam *param = fcgi_params_find(&params, name, strlen(name));

        if (!param)
                return NULL;

        ck_assert_uint_eq(param->name_len, strlen(name));
        ck_assert_uint_eq(param->value_len, strlen(param->value));
        return param->value;
}

START_TEST(test_init_limits) {
        FcgiParams other;

        ck_assert_int_eq(fcgi_params_init(&other, 0, 1), -EINVAL);
        ck_assert_int_eq(fcgi_params_init(&other, 1, 0), -EINVAL);
        ck_assert_int_eq(fcgi_params_init(&other, 1, 1 << 20), -EINVAL);
        ck_assert_int_eq(fcgi_params_init(&other, (size_t) 1 << 40, 1), -EINVAL);
        ck_assert_int_eq(fcgi_params_init(&other, 1, 1), 0);
        fcgi_params_done(&other);
}
END_TEST

START_TEST(test_empty) {
        ck_assert_int_eq(PARSE(""), 0);
        ck_assert_uint_eq(params.n_items, 0);
        ck_assert_ptr_null(params.envp[0]);
        ck_assert_ptr_null(value("X"));
        ck_assert_ptr_null(value(""));
}
END_TEST

START_TEST(test_pairs) {
        ck_assert_int_eq(PARSE("\x01\x03"
                               "Aabc"
                               "\x0b\x00"
                               "HTTP_ACCEPT"
                               "\x01\x01"
                               "B="),
                        0);
        ck_assert_uint_eq(params.n_items, 3);
        ck_assert_str_eq(params.envp[0], "A=abc");
        ck_assert_str_eq(params.envp[1], "HTTP_ACCEPT=");
        ck_assert_str_eq(params.envp[2], "B==");
        ck_assert_ptr_null(params.envp[3]);
        ck_assert_str_eq(value("A"), "abc");
        ck_assert_str_eq(value("HTTP_ACCEPT"), "");
        ck_assert_str_eq(value("B"), "=");
        ck_assert_ptr_null(value("HTTP_ACCEP"));
        ck_assert_ptr_null(value("XTTP_ACCEPT"));
}
END_TEST

START_TEST(test_last_of_a_name_wins) {
        ck_assert_int_eq(PARSE("\x01\x01"
                               "Ax"
                               "\x01\x01"
                               "By"
                               "\x01\x03"
                               "Anew"),
                        0);
        ck_assert_uint_eq(params.n_items, 2);
        ck_assert_str_eq(params.envp[0], "A=new");
        ck_assert_str_eq(params.envp[1], "B=y");
        ck_assert_str_eq(value("A"), "new");
}
END_TEST

START_TEST(test_wide_lengths) {
        char bytes[8 + 200 + 300], name[201], text[301];

        memset(name, 'N', 200);
        memset(text, 'V', 300);
        name[200] = text[300] = '\0';
        memcpy(bytes, "\x80\x00\x00\xc8\x80\x00\x01\x2c", 8);
        memcpy(bytes + 8, name, 200);
        memcpy(bytes + 208, text, 300);
        ck_assert_int_eq(parse(bytes, sizeof(bytes)), 0);
        ck_assert_str_eq(value(name), text);

        /* Wide where narrow would do is fine too. */
        ck_assert_int_eq(PARSE("\x80\x00\x00\x01\x80\x00\x00\x02XYZ"), 0);
        ck_assert_str_eq(value("X"), "YZ");
}
END_TEST

START_TEST(test_cut_anywhere) {
        static const char whole[] = "\x04\x05NAMEvalue\x80\x00\x00\x02\x01"
                                    "N2v\x01\x01Zz";

        for (size_t size = 0; size < sizeof(whole) - 1; size++) {
                bool at_pair = size == 0 || size == 11 || size == 19;

                ck_assert_int_eq(parse(whole, size), at_pair ? 0 : -EBADMSG);
        }

        fcgi_params_reset(&params);
        for (size_t i = 0; i < sizeof(whole) - 1; i++)
                ck_assert_int_eq(fcgi_params_append(&params, whole + i, 1), 0);
        ck_assert_int_eq(fcgi_params_parse(&params), 0);
        ck_assert_str_eq(value("NAME"), "value");
        ck_assert_str_eq(value("N2"), "v");
        ck_assert_str_eq(value("Z"), "z");
}
END_TEST

START_TEST(test_lengths_that_lie) {
        ck_assert_int_eq(PARSE("\xff\xff\xff\xff\xff\xff\xff\xffN"), -EBADMSG);
        ck_assert_int_eq(PARSE("\x01\xff\xff\xff\xffN"), -EBADMSG);
        ck_assert_int_eq(PARSE("\xff\xff\xff\xff\x01N"), -EBADMSG);
        ck_assert_int_eq(PARSE("\x01\x02Nv"), -EBADMSG);
}
END_TEST

START_TEST(test_what_is_no_variable) {
        ck_assert_int_eq(PARSE("\x00\x01v"), -EBADMSG);
        ck_assert_int_eq(PARSE("\x03\x01"
                               "A=Bv"),
                        -EBADMSG);
        ck_assert_int_eq(PARSE("\x03\x01"
                               "A\0Bv"),
                        -EBADMSG);
        ck_assert_int_eq(PARSE("\x01\x0c"
                               "P/x.jpg\0.php"),
                        -EBADMSG);
}
END_TEST

START_TEST(test_limits) {
        char bytes[4097] = {};

        fcgi_params_reset(&params);
        ck_assert_int_eq(fcgi_params_append(&params, bytes, 4097), -E2BIG);
        ck_assert_int_eq(fcgi_params_append(&params, bytes, 4096), 0);
        ck_assert_int_eq(fcgi_params_append(&params, bytes, 1), -E2BIG);
        ck_assert_int_eq(fcgi_params_append(&params, bytes, SIZE_MAX), -E2BIG);

        for (int n = 16; n <= 17; n++) {
                fcgi_params_reset(&params);
                for (int i = 0; i < n; i++) {
                        snprintf(bytes, sizeof(bytes), "\x02\x01%02dv", i);
                        ck_assert_int_eq(fcgi_params_append(&params, bytes, 5), 0);
                }
                ck_assert_int_eq(fcgi_params_parse(&params), n == 16 ? 0 : -E2BIG);
        }
}
END_TEST

/* Names that differ only in front of their last eight bytes share a place in the table. */
START_TEST(test_names_that_collide) {
        char bytes[32], name[32];

        fcgi_params_reset(&params);
        for (int i = 0; i < 16; i++) {
                snprintf(bytes, sizeof(bytes), "\x0a\x01%02dsametail%c", i, 'a' + i);
                ck_assert_int_eq(fcgi_params_append(&params, bytes, 13), 0);
        }
        ck_assert_int_eq(fcgi_params_parse(&params), 0);
        ck_assert_uint_eq(params.n_items, 16);
        for (int i = 0; i < 16; i++) {
                snprintf(name, sizeof(name), "%02dsametail", i);
                ck_assert_int_eq(value(name)[0], 'a' + i);
        }
        ck_assert_ptr_null(value("99sametail"));
}
END_TEST

/* Names that differ in their number alone stand apart: a look-up compares a few, whatever their count. */
static void check_apart(const char *before, const char *behind) {
        FcgiParams many;
        size_t run = 0, longest = 0;

        ck_assert_int_eq(fcgi_params_init(&many, 65536, 1024), 0);
        for (int i = 0; i < 800; i++) {
                char name[64];

                snprintf(name, sizeof(name), "%s%d%s", before, i, behind);
                ck_assert_int_eq(fcgi_params_set(&many, name, "v", 1), 0);
        }
        for (size_t i = 0; i < many.table_size; i++) {
                run = many.table[i] ? run + 1 : 0;
                longest = run > longest ? run : longest;
        }
        ck_assert_uint_lt(longest, 40);
        fcgi_params_done(&many);
}

START_TEST(test_numbered_names_do_not_collide) {
        check_apart("HTTP_X_PARAMETER_", "");
        check_apart("P", "");
        check_apart("A_LONG_NAME_", "_BEHIND_ITS_NUMBER");
}
END_TEST

START_TEST(test_reset_forgets) {
        ck_assert_int_eq(PARSE("\x01\x01"
                               "Ax"),
                        0);
        fcgi_params_reset(&params);
        ck_assert_ptr_null(value("A"));
        ck_assert_ptr_null(params.envp[0]);
        ck_assert_int_eq(PARSE("\x01\x01"
                               "By"),
                        0);
        ck_assert_uint_eq(params.n_items, 1);
        ck_assert_str_eq(params.envp[0], "B=y");
}
END_TEST

START_TEST(test_set_and_unset) {
        const char *former;

        ck_assert_int_eq(PARSE("\x01\x01"
                               "Ax\x01\x01"
                               "By\x01\x01"
                               "Cz"),
                        0);
        former = value("B");

        ck_assert_int_eq(fcgi_params_set(&params, "B", "longer than before", 6), 0);
        ck_assert_str_eq(value("B"), "longer");
        ck_assert_str_eq(former, "y");
        ck_assert_uint_eq(params.n_items, 3);
        ck_assert_str_eq(params.envp[1], "B=longer");

        ck_assert_int_eq(fcgi_params_set(&params, "D", "", 0), 0);
        ck_assert_str_eq(value("D"), "");
        ck_assert_str_eq(params.envp[3], "D=");
        ck_assert_ptr_null(params.envp[4]);

        fcgi_params_unset(&params, "A");
        fcgi_params_unset(&params, "never there");
        ck_assert_ptr_null(value("A"));
        ck_assert_str_eq(value("B"), "longer");
        ck_assert_str_eq(value("C"), "z");
        ck_assert_str_eq(value("D"), "");
        ck_assert_uint_eq(params.n_items, 3);
        ck_assert_str_eq(params.envp[0], "B=longer");
        ck_assert_ptr_null(params.envp[3]);

        ck_assert_int_eq(fcgi_params_set(&params, "A", "again", 5), 0);
        ck_assert_str_eq(params.envp[3], "A=again");
}
END_TEST

START_TEST(test_set_is_bounded) {
        static char big[4096];
        char name[8];

        memset(big, 'x', sizeof(big));
        ck_assert_int_eq(PARSE(""), 0);
        ck_assert_int_eq(fcgi_params_set(&params, "A", big, 4096), -E2BIG);
        ck_assert_int_eq(fcgi_params_set(&params, "A", big, SIZE_MAX - 1), -E2BIG);
        ck_assert_int_eq(fcgi_params_set(&params, "A", big, 4096 - 2), -E2BIG);
        ck_assert_ptr_null(value("A"));
        ck_assert_int_eq(fcgi_params_set(&params, "A", big, 4096 - 3), 0);
        ck_assert_int_eq(fcgi_params_set(&params, "B", "", 0), -E2BIG);

        fcgi_params_reset(&params);
        for (unsigned i = 0; i < 16; i++) {
                snprintf(name, sizeof(name), "N%u", i);
                ck_assert_int_eq(fcgi_params_set(&params, name, "v", 1), 0);
        }
        ck_assert_int_eq(fcgi_params_set(&params, "N16", "v", 1), -E2BIG);
        ck_assert_int_eq(fcgi_params_set(&params, "N15", "w", 1), 0);
        ck_assert_ptr_null(params.envp[16]);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fcgi-params");
        TCase *tcase = tcase_create("fcgi-params");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_init_limits);
        tcase_add_test(tcase, test_empty);
        tcase_add_test(tcase, test_pairs);
        tcase_add_test(tcase, test_last_of_a_name_wins);
        tcase_add_test(tcase, test_wide_lengths);
        tcase_add_test(tcase, test_cut_anywhere);
        tcase_add_test(tcase, test_lengths_that_lie);
        tcase_add_test(tcase, test_what_is_no_variable);
        tcase_add_test(tcase, test_limits);
        tcase_add_test(tcase, test_names_that_collide);
        tcase_add_test(tcase, test_numbered_names_do_not_collide);
        tcase_add_test(tcase, test_reset_forgets);
        tcase_add_test(tcase, test_set_and_unset);
        tcase_add_test(tcase, test_set_is_bounded);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
