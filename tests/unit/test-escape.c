/* SPDX-License-Identifier: MIT */
/* Proves that nothing a stranger sends reaches a terminal or a log line as anything but text. */

#include "base/escape.h"

#include <string.h>

#include "unit.h"

static void check_escape(const char *from, const char *to) {
        char buffer[128];
        size_t n = escape_string(buffer, sizeof(buffer), from);

        ck_assert_str_eq(buffer, to);
        ck_assert_uint_eq(n, strlen(to));
}

START_TEST(plain_text_stays) {
        check_escape("", "");
        check_escape("/x.php?a=b&c=%20 é 日本 😀", "/x.php?a=b&c=%20 é 日本 😀");
}
END_TEST

START_TEST(control_bytes_go) {
        check_escape("a\nb\x1b[31m\x7f\\", "a\\x0ab\\x1b[31m\\x7f\\x5c");
        check_escape("\xc2\x9b\x32J", "\\xc2\\x9b2J"); /* CSI as UTF-8 */
}
END_TEST

/* What turns a line round, or hides. */
START_TEST(what_is_not_seen_goes) {
        check_escape("/a\u202egpj.php", "/a\\xe2\\x80\\xaegpj.php");
        check_escape("\u2066\u2069\u200f\u061c",
                        "\\xe2\\x81\\xa6\\xe2\\x81\\xa9\\xe2\\x80\\x8f\\xd8\\x9c");
        check_escape("ad\u200bmin\ufeff", "ad\\xe2\\x80\\x8bmin\\xef\\xbb\\xbf");
        check_escape("\U000e0041", "\\xf3\\xa0\\x81\\x81");
        check_escape("\u2027\u202f\u061b\u061d", "\u2027\u202f\u061b\u061d"); /* their neighbours */
}
END_TEST

START_TEST(invalid_utf8_goes) {
        check_escape("\xff\xc0\xaf", "\\xff\\xc0\\xaf");
        check_escape("\xe2\x82", "\\xe2\\x82");
        check_escape("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
        check_escape("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
        check_escape("\xfc\x80\x80\x80", "\\xfc\\x80\\x80\\x80");
        check_escape("\xe0\x80\xaf", "\\xe0\\x80\\xaf"); /* overlong */
}
END_TEST

START_TEST(it_is_cut_between_characters) {
        char buffer[6];

        ck_assert_uint_eq(escape_string(buffer, sizeof(buffer), "abc\x01z"), 3);
        ck_assert_str_eq(buffer, "abc");
        ck_assert_uint_eq(escape_string(buffer, sizeof(buffer), "abcdé"), 4);
        ck_assert_uint_eq(escape_string(buffer, 1, "abc"), 0);
        ck_assert_uint_eq(escape_string(buffer, 0, "abc"), 0);
}
END_TEST

START_TEST(utf8_for_json) {
        char buffer[16];

        ck_assert_uint_eq(escape_utf8(buffer, sizeof(buffer), "a\n\\\xffé\xc3"), 11);
        ck_assert_str_eq(buffer, "a\n\\\xef\xbf\xbdé\xef\xbf\xbd");
        ck_assert_uint_eq(escape_utf8(buffer, 3, "a\xff"), 1);
        ck_assert_uint_eq(escape_utf8(buffer, 0, "a"), 0);
}
END_TEST

/* The worst case of each fits. */
START_TEST(all_of_it) {
        char *text = escape_string_new("\n\xff\x7f"), *json = escape_utf8_new("\xff\xfe\xc3");

        ck_assert_str_eq(text, "\\x0a\\xff\\x7f");
        ck_assert_str_eq(json, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
        free(text);
        free(json);
}
END_TEST

START_TEST(what_is_kept_stays) {
        char buffer[64], blotted[] = "a\\\n\x1b[2J\xc2\x9b é\xff\u202e\x7f";

        ck_assert_uint_eq(escape_string_but(buffer, sizeof(buffer), "\tA\\B\x1b\n", "\\\t"), 12);
        ck_assert_str_eq(buffer, "\tA\\B\\x1b\\x0a");
        ck_assert_uint_eq(escape_string_but(buffer, 3, "\\\\\\\\", "\\"), 2);
        ck_assert_str_eq(buffer, "\\\\");

        escape_blot(blotted);
        ck_assert_str_eq(blotted, "a\\??[2J?? é?????");
}
END_TEST

UNIT_MAIN("escape", what_is_kept_stays, plain_text_stays, control_bytes_go, what_is_not_seen_goes,
                invalid_utf8_goes, it_is_cut_between_characters, utf8_for_json, all_of_it);
