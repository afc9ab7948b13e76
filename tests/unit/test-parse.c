/* SPDX-License-Identifier: MIT */
/* Proves that a value is read as what it says or not at all. */

#include "base/parse.h"

#include <errno.h>

#include "unit.h"

static void time_is(const char *text, uint64_t seconds) {
        uint64_t usec = 1;

        ck_assert_int_eq(parse_time(text, &usec), 0);
        ck_assert_uint_eq(usec, seconds * USEC_PER_SEC);
}

START_TEST(booleans) {
        static const char *const yes[] = { "1", "yes", "on", "true", "YES", "On" };
        static const char *const no[] = { "0", "no", "none", "off", "false", "", "Off" };
        static const char *const neither[] = { "2", "-1", "y", "enabled", " yes", "yes ", "10" };
        bool value;

        for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
                value = false;
                ck_assert_int_eq(parse_bool(yes[i], &value), 0);
                ck_assert(value);
        }
        for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
                value = true;
                ck_assert_int_eq(parse_bool(no[i], &value), 0);
                ck_assert(!value);
        }
        for (size_t i = 0; i < sizeof(neither) / sizeof(*neither); i++)
                ck_assert_int_eq(parse_bool(neither[i], &value), -EINVAL);
}
END_TEST

START_TEST(whole_numbers) {
        int64_t value = 7;

        ck_assert_int_eq(parse_int("0", &value), 0);
        ck_assert_int_eq(value, 0);
        ck_assert_int_eq(parse_int("-20", &value), 0);
        ck_assert_int_eq(value, -20);
        ck_assert_int_eq(parse_int("007", &value), 0);
        ck_assert_int_eq(value, 7);
        ck_assert_int_eq(parse_int("9223372036854775807", &value), 0);
        ck_assert_int_eq(value, INT64_MAX);
}
END_TEST

/* php-fpm reads these as 1215752191, 0, 1 and 0. */
START_TEST(no_whole_numbers) {
        static const char *const bad[] = { "", "-", "--1", "+1", "1.5", "0x10", "1 ", " 1", "abc",
                "1a", "1k", "- 1", "99999999999999999999x" };
        int64_t value = 7;
        uint64_t unsigned_value;

        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                ck_assert_int_eq(parse_int(bad[i], &value), -EINVAL);

        ck_assert_int_eq(parse_int("9223372036854775808", &value), -ERANGE);
        ck_assert_int_eq(parse_int("-99999999999999999999", &value), -ERANGE);
        ck_assert_int_eq(value, 7);
        ck_assert_int_eq(parse_uint("-1", &unsigned_value), -EINVAL);
        ck_assert_int_eq(parse_uint("18446744073709551616", &unsigned_value), -ERANGE);
        ck_assert_int_eq(parse_uint("18446744073709551615", &unsigned_value), 0);
        ck_assert_uint_eq(unsigned_value, UINT64_MAX);
}
END_TEST

START_TEST(times) {
        time_is("0", 0);
        time_is("0s", 0);
        time_is("10", 10);
        time_is("10s", 10);
        time_is("5m", 300);
        time_is("1h", 3600);
        time_is("1d", 86400);
        time_is("10 s", 10);
}
END_TEST

START_TEST(no_times) {
        static const char *const bad[] = { "", "s", "500ms", "abcs", "1.5m", "-1s", "10S", "10w",
                "1h30m", "10 s ", "1 2s" };
        uint64_t usec = 7;

        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                ck_assert_int_eq(parse_time(bad[i], &usec), -EINVAL);

        ck_assert_int_eq(parse_time("99999999999999999999", &usec), -ERANGE);
        ck_assert_int_eq(parse_time("9999999999999d", &usec), -ERANGE);
        ck_assert_uint_eq(usec, 7);
}
END_TEST

START_TEST(octal_modes) {
        uint64_t mode = 0;

        ck_assert_int_eq(parse_octal("0660", &mode), 0);
        ck_assert_uint_eq(mode, 0660);
        ck_assert_int_eq(parse_octal("777", &mode), 0);
        ck_assert_uint_eq(mode, 0777);
        ck_assert_int_eq(parse_octal("0", &mode), 0);
        ck_assert_uint_eq(mode, 0);
        ck_assert_int_eq(parse_octal("0680", &mode), -EINVAL);
        ck_assert_int_eq(parse_octal("rw", &mode), -EINVAL);
        ck_assert_int_eq(parse_octal("", &mode), -EINVAL);
        ck_assert_int_eq(parse_octal("0o660", &mode), -EINVAL);
        ck_assert_int_eq(parse_octal("7777777777777777777777777", &mode), -ERANGE);
}
END_TEST

START_TEST(sizes) {
        uint64_t bytes = 0;

        ck_assert_int_eq(parse_bytes("64M", &bytes), 0);
        ck_assert_uint_eq(bytes, 64 << 20);
        ck_assert_int_eq(parse_bytes("8k", &bytes), 0);
        ck_assert_uint_eq(bytes, 8192);
        ck_assert_int_eq(parse_bytes("2G", &bytes), 0);
        ck_assert_uint_eq(bytes, UINT64_C(2) << 30);
        ck_assert_int_eq(parse_bytes("1T", &bytes), 0);
        ck_assert_uint_eq(bytes, UINT64_C(1) << 40);
        ck_assert_int_eq(parse_bytes("123", &bytes), 0);
        ck_assert_uint_eq(bytes, 123);
        ck_assert_int_eq(parse_bytes("64MB", &bytes), -EINVAL);
        ck_assert_int_eq(parse_bytes("-1", &bytes), -EINVAL);
        ck_assert_int_eq(parse_bytes("99999999T", &bytes), -ERANGE);
}
END_TEST

UNIT_MAIN("parse", booleans, whole_numbers, no_whole_numbers, times, no_times, octal_modes, sizes);
