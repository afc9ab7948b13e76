/* SPDX-License-Identifier: MIT */
/* Proves which processes count as waiting for a reload: a systemctl with a terminal whose arguments name the unit,
 * and nothing that only looks like it. */

#include "fpmctl/callers.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "unit.h"

#define UNIT "fpmd@www.service"

START_TEST(stat_of_a_systemctl) {
        dev_t terminal = 0;

        ck_assert(caller_parse_stat("17 (systemctl) S 1 17 17 34816 17 4194304 0\n", &terminal));
        ck_assert_uint_eq(major(terminal), 136);
        ck_assert_uint_eq(minor(terminal), 0);

        /* Minor 300: its high bits stand above the major number. */
        ck_assert(caller_parse_stat("17 (systemctl) S 1 17 17 1083436 17\n", &terminal));
        ck_assert_uint_eq(major(terminal), 136);
        ck_assert_uint_eq(minor(terminal), 300);
}
END_TEST

START_TEST(stat_of_others) {
        static const char *const wrong[] = {
                "",
                "\n",
                "17",
                "17 (systemctl",
                "17 systemctl) S 1 17 17 34816 17",
                "17 (systemctl) S 1 17 17 0 17",
                "17 (systemctl) S 1 17 17 ",
                "17 (systemctl) S 1 17 17 x",
                "17 (systemctl2) S 1 17 17 34816 17",
                "17 (xsystemctl) S 1 17 17 34816 17",
                "17 (sh) S 1 17 17 34816 17",
                "17 (systemctk) S 1 17 17 34816 17",
                "17 (a) (systemctl) S 1 17 17 34816 17",
                "17 (systemctl) x) S 1 17 17 34816 17",
                ")(",
        };
        dev_t terminal = 7;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_msg(!caller_parse_stat(wrong[i], &terminal), "%s", wrong[i]);
        ck_assert_uint_eq(terminal, 7);
}
END_TEST

#define ASKS(arguments) caller_asks_for(arguments, sizeof(arguments), UNIT)

START_TEST(arguments_that_ask) {
        ck_assert(ASKS("systemctl\0reload\0fpmd@www"));
        ck_assert(ASKS("systemctl\0reload\0fpmd@www.service"));
        ck_assert(ASKS("/bin/systemctl\0--quiet\0try-reload-or-restart\0nginx\0fpmd@www"));
        ck_assert(ASKS("systemctl\0reload\0fpmd@*"));
        ck_assert(ASKS("systemctl\0reload-or-restart\0fpmd@*.service"));
        ck_assert(ASKS("systemctl\0force-reload\0fpmd@[a-w]ww"));
        ck_assert(ASKS("systemctl\0fpmd@www\0condreload"));
        ck_assert(ASKS("systemctl\0reload\0\0fpmd@www"));
}
END_TEST

START_TEST(arguments_that_do_not) {
        ck_assert(!ASKS(""));
        ck_assert(!ASKS("systemctl"));
        ck_assert(!ASKS("systemctl\0reload"));
        ck_assert(!ASKS("systemctl\0daemon-reload\0fpmd@www"));
        ck_assert(!ASKS("systemctl\0restart\0fpmd@www"));
        ck_assert(!ASKS("systemctl\0reload\0fpmd@www2"));
        ck_assert(!ASKS("systemctl\0reload\0fpmd@www.socket"));
        ck_assert(!ASKS("systemctl\0reload\0fpmd@www.service.service"));
        ck_assert(!ASKS("systemctl\0reload\0fpmd@[w"));
        ck_assert(!ASKS("systemctl\0--reload\0fpmd@www"));
        ck_assert(!ASKS("systemctl\0reload\0--fpmd@www"));
        ck_assert(!ASKS("reload\0fpmd@www"));
        ck_assert(!ASKS("fpmd@www\0reload"));
        ck_assert(!caller_asks_for("systemctl\0reload\0fpmd@www", 25, UNIT));
        ck_assert(!caller_asks_for(NULL, 0, UNIT));
}
END_TEST

UNIT_MAIN("fpmctl-callers", stat_of_a_systemctl, stat_of_others, arguments_that_ask,
                arguments_that_do_not);
