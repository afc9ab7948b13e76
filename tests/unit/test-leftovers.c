/* SPDX-License-Identifier: MIT */
/* Proves that a process cannot pass for another one's child by its name, and that outside of fpmd@POOL.service nothing is
 * looked at nor ended. */

#include "manager/workers/leftovers.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unit.h"

START_TEST(names) {
        static const struct {
                const char *stat, *name;
                int parent;
        } cases[] = {
                { "77 (sh) S 1 77 77 0", "sh", 1 },
                { "77 (a b) S 42 1", "a b", 42 },
                { "77 () R 1) S 43 1", ") R 1", 43 },
                { "77 (((x) S 1) S 44 1", "((x) S 1", 44 },
                { "77 () S 5 1", "", 5 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *name;
                char stat[64];
                int parent;

                strcpy(stat, cases[i].stat);
                ck_assert(leftovers_parse_stat(stat, &name, &parent));
                ck_assert_str_eq(name, cases[i].name);
                ck_assert_int_eq(parent, cases[i].parent);
        }
}
END_TEST

START_TEST(no_stat) {
        static const char *const bad[] = { "", "77", "77 (sh", "77 sh) S 1", ")(", "77 (sh) S",
                "77 (sh) S x" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                const char *name;
                char stat[64];
                int parent;

                strcpy(stat, bad[i]);
                ck_assert_msg(!leftovers_parse_stat(stat, &name, &parent), "%s", bad[i]);
        }
}
END_TEST

START_TEST(command_lines) {
        static const struct {
                const char *line;
                size_t size;
                bool is_pool_program;
        } cases[] = {
#define LINE(text) (text), sizeof(text) - 1
                { LINE("php-fpm8.2\0--fpmd\0www\0"), true },
                { LINE("/opt/lsphp\0--fpmd\0www\0--strict\0"), true },
                { LINE("/usr/bin/python3\0/srv/fake.py\0--fpmd\0www\0"), true },
                { LINE("fpmd: www: worker 3\0\0\0\0"), true },
                { LINE("fpmd: www: zygote (generation 2)"), true },
                { LINE("fpmd: www: "), true },
                { LINE(""), false },
                { LINE("fpmd: ww"), false },
                { LINE("fpmd: www2: worker 3\0"), false },
                { LINE("php-fpm8.2\0--fpmd\0"), false },
                { LINE("php-fpm8.2\0--fpmd\0www2\0"), false },
                { LINE("php-fpm8.2\0--fpmd"), false },
                { LINE("php-fpm: pool www\0"), false },
                { LINE("sh\0-c\0fpmd: www: worker 3\0"), false },
#undef LINE
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                ck_assert_msg(leftovers_is_pool_program(cases[i].line, cases[i].size, "www") ==
                                                cases[i].is_pool_program,
                                "%s", cases[i].line);
}
END_TEST

START_TEST(not_in_the_unit) {
        pid_t child = fork();

        if (child == 0) {
                pause();
                _exit(0);
        }

        ck_assert(!leftovers_are_there("www"));
        leftovers_end("www", 0);
        ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
}
END_TEST

UNIT_MAIN("leftovers", names, no_stat, command_lines, not_in_the_unit);
