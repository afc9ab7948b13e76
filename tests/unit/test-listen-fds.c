/* SPDX-License-Identifier: MIT */
/* Proves that fds are known by the names they were passed with, and that nothing else passes for a list. */

#include "contract/listen_fds.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

enum {
        PID = 12345,
};

static int parse(ListenFds *ret, const char *pid, const char *n, const char *names) {
        static char text[512];

        snprintf(text, sizeof(text), "%s", names);
        return listen_fds_parse(ret, pid, n, text, PID);
}

START_TEST(names_are_parts) {
        ListenFds fds;

        ck_assert_int_eq(parse(&fds, "12345", "3", "listen:listen:control"), 0);
        ck_assert_int_eq(fds.n, 3);
        ck_assert_str_eq(fds.names[1], "listen");
        ck_assert_str_eq(fds.names[2], "control");
}
END_TEST

START_TEST(those_of_another_process_are_none) {
        ListenFds fds;

        ck_assert_int_eq(parse(&fds, "12346", "1", "listen"), 0);
        ck_assert_int_eq(fds.n, 0);
        ck_assert_int_eq(parse(&fds, NULL, "1", "listen"), 0);
        ck_assert_int_eq(fds.n, 0);
        ck_assert_int_eq(parse(&fds, "12345", NULL, "listen"), 0);
        ck_assert_int_eq(fds.n, 0);
}
END_TEST

START_TEST(nonsense_is_refused) {
        ListenFds fds;

        ck_assert_int_eq(parse(&fds, "12345", "-1", "listen"), -EINVAL);
        ck_assert_int_eq(parse(&fds, "12345", "x", "listen"), -EINVAL);
        ck_assert_int_eq(parse(&fds, "12345", "81", "listen"), -E2BIG);
        ck_assert_int_eq(parse(&fds, "12345", "2", "listen"), -EINVAL);
        ck_assert_int_eq(parse(&fds, "12345", "1", "listen:control"), -EINVAL);
}
END_TEST

UNIT_MAIN("listen-fds", names_are_parts, those_of_another_process_are_none, nonsense_is_refused);
