/* SPDX-License-Identifier: MIT */
#include "contract/rotation.h"
#include "unit.h"

START_TEST(a_time_is_what_is_left) {
        ck_assert_uint_eq(rotation_parse("1100\n", 1000), 100);
        ck_assert_uint_eq(rotation_parse("1100", 1000), 100);
        ck_assert_uint_eq(rotation_parse("1000\n", 1000), 0);
        ck_assert_uint_eq(rotation_parse("999\n", 1000), 0);
}
END_TEST

START_TEST(what_is_no_time_has_no_end) {
        static const char *const texts[] = { "for ever\n", "", "\n", "-1\n", "12x\n", "1 2\n",
                "99999999999999999999999999999999999\n" };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                ck_assert_uint_eq(rotation_parse(texts[i], 1000), ROTATION_WITHOUT_END);
}
END_TEST

UNIT_MAIN("rotation", a_time_is_what_is_left, what_is_no_time_has_no_end);
