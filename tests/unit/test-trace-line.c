/* SPDX-License-Identifier: MIT */
/* Proves that the line of a call always has its line number, whatever its path. */

#include "php/trace/trace_line.h"

#include <stdio.h>
#include <string.h>

#include "contract/message.h"
#include "unit.h"

START_TEST(as_php_fpm) {
        PhpTraceFrame frame = {
                .address = 0x7f0012345678, .function = "f", .file = "/x.php", .line = 3
        };
        char line[MESSAGE_TEXT_MAX];

        trace_line_call(line, sizeof(line), &frame);
        ck_assert_str_eq(line, "[0x00007f0012345678] f() /x.php:3");
        trace_line_innermost(line, sizeof(line), "/x.php", 4000000000);
        ck_assert_str_eq(line, "at /x.php:4000000000");
}
END_TEST

START_TEST(the_longest) {
        PhpTraceFrame frame = { .address = UINT64_MAX, .line = 4000000000 };
        char line[MESSAGE_TEXT_MAX];

        memset(frame.function, 'f', sizeof(frame.function) - 1);
        memset(frame.file, 'p', sizeof(frame.file) - 1);
        memcpy(frame.file + sizeof(frame.file) - 7, "/x.php", 6);
        trace_line_call(line, sizeof(line), &frame);
        ck_assert_uint_eq(strlen(line), sizeof(line) - 1);
        ck_assert_ptr_nonnull(strstr(line, "f() …p"));
        ck_assert_ptr_nonnull(strstr(line, "p/x.php:4000000000"));
}
END_TEST

/* At each length the cut falls on another byte of "ä". */
START_TEST(characters_stay_whole) {
        char file[192], line[MESSAGE_TEXT_MAX];

        for (size_t i = 0; i + 2 < sizeof(file); i += 2)
                memcpy(file + i, "ä", 3);
        for (size_t size = 40; size < 120; size++) {
                const char *path;

                trace_line_innermost(line, size, file, 1);
                path = line + strlen("at …");
                ck_assert_int_eq(strncmp(path, "ä", 2), 0);
                ck_assert_str_eq(line + strlen(line) - 2, ":1");
        }
}
END_TEST

UNIT_MAIN("trace-line", as_php_fpm, the_longest, characters_stay_whole);
