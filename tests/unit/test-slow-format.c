/* SPDX-License-Identifier: MIT */
/* Proves that the slow log's file is written as php-fpm writes it, and that people get it without addresses. */

#include "manager/requests/slow_format.h"

#include "unit.h"

static const char stack[] = "at /srv/a.php:7\n"
                            "[0x00007f0000000001] App\\Shop::pay() /srv/a.php:6\n"
                            "[0x00007f0000000002] include_once() /srv/b c.php:11\n"
                            "[0x00007f0000000003] {main}() /srv/b c.php:11";

static void check_stack(const char *is, const char *expected) {
        char *text = slow_format_stack(is);

        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, expected);
        free(text);
}

START_TEST(for_people) {
        check_stack(stack, "at /srv/a.php:7\n"
                           "App\\Shop::pay() /srv/a.php:6\n"
                           "include_once() /srv/b c.php:11\n"
                           "{main}() /srv/b c.php:11");
        check_stack("", "");
}
END_TEST

START_TEST(what_a_zygote_should_not_say) {
        check_stack("[0x", "[0x");
        check_stack("[0x1", "[0x1");
        check_stack("[0x1]", "[0x1]");
        check_stack("[0x1] ", "");
        check_stack("[0x1\n] a", "[0x1\n] a");
        check_stack("\n\n[0x1] a", "\n\na");
}
END_TEST

static void check_file(const char *is, int error, const char *expected) {
        static const struct tm at = {
                .tm_year = 126,
                .tm_mon = 10,
                .tm_mday = 2,
                .tm_hour = 6,
                .tm_min = 5,
                .tm_sec = 4,
        };
        SlowEntry entry = { "www", "/srv/b c.php", 123, is, error };
        char *text = slow_format_file(&entry, &at);

        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, expected);
        free(text);
}

#define HEAD "\n[02-Nov-2026 06:05:04]  [pool www] pid 123\nscript_filename = /srv/b c.php\n"

START_TEST(as_php_fpm) {
        check_file(stack, 0,
                        HEAD "[0x00007f0000000001] App\\Shop::pay() /srv/a.php:6\n"
                             "[0x00007f0000000002] include_once() /srv/b c.php:11\n");
}
END_TEST

START_TEST(the_script_alone) {
        check_file("at /x.php:2\n[0x01] {main}() /x.php:2", 0, HEAD "[0x01] {main}() /x.php:2\n");
}
END_TEST

START_TEST(nothing_could_be_read) {
        check_file("", -11, HEAD "+++ dump failed\n");
}
END_TEST

UNIT_MAIN("slow-format", for_people, what_a_zygote_should_not_say, as_php_fpm, the_script_alone,
                nothing_could_be_read);
