/* SPDX-License-Identifier: MIT */
/* Proves that a title stays within its memory, shows nothing that a terminal obeys, and leaves nothing behind. */

#include "php/zygote/proctitle.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"

static char memory[64];

/* An area of size bytes in the middle of memory. */
static Proctitle start(size_t size) {
        memset(memory, '#', sizeof(memory));
        return (Proctitle){ .area = memory + 8, .size = size, .length = size };
}

static void check(const Proctitle *proctitle, const char *expected) {
        ck_assert_str_eq(proctitle->area, expected);
        for (size_t i = strlen(expected); i < proctitle->size; i++)
                ck_assert_int_eq(proctitle->area[i], '\0');
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(memory[i], '#');
        for (size_t i = 8 + proctitle->size; i < sizeof(memory); i++)
                ck_assert_int_eq(memory[i], '#');
}

START_TEST(comes_and_goes) {
        Proctitle proctitle = start(40);

        proctitle_set(&proctitle, "worker 3");
        check(&proctitle, "worker 3");
        proctitle_set_request(&proctitle, "GET", "/a/b.php");
        check(&proctitle, "worker 3: GET /a/b.php");
        proctitle_set_request(&proctitle, "POST", "/x");
        check(&proctitle, "worker 3: POST /x");
        proctitle_clear_request(&proctitle);
        check(&proctitle, "worker 3");
        proctitle_set(&proctitle, "w");
        check(&proctitle, "w");
}
END_TEST

START_TEST(shows_no_query_and_no_control_bytes) {
        Proctitle proctitle = start(40);

        proctitle_set(&proctitle, "w");
        proctitle_set_request(&proctitle, "G\x1b[", "/\xc3\xa4\n?key=secret");
        check(&proctitle, "w: G?[ /???");
        proctitle_set_request(&proctitle, NULL, NULL);
        check(&proctitle, "w:  ");
}
END_TEST

START_TEST(is_cut) {
        for (size_t size = 1; size < 30; size++) {
                Proctitle proctitle = start(size);
                char expected[40] = "worker: GET /abcdefghijklmnopqrst";

                expected[size - 1] = '\0';
                proctitle_set(&proctitle, "worker");
                proctitle_set_request(&proctitle, "GET", "/abcdefghijklmnopqrstuvwxyz");
                check(&proctitle, expected);
                proctitle_clear_request(&proctitle);
                ck_assert_uint_le(proctitle.length, 6);
        }
}
END_TEST

START_TEST(without_memory) {
        Proctitle proctitle = {};

        proctitle_set(&proctitle, "w");
        proctitle_set_request(&proctitle, "GET", "/");
        proctitle_clear_request(&proctitle);
        ck_assert_ptr_null(proctitle.area);
}
END_TEST

/* As the kernel lays them out: the strings of both, one behind the other. */
START_TEST(the_environment_is_moved) {
        char strings[] = "fpmd-php\0www\0A=1\0B=2";
        char *argv[] = { strings, strings + 9, NULL };
        char *old[] = { strings + 13, strings + 17, NULL }, *first;
        Proctitle proctitle;

        environ = old;
        proctitle_init(&proctitle, 2, argv);
        ck_assert_uint_eq(proctitle.size, sizeof(strings));
        proctitle_set(&proctitle, "a title that is longer than all");
        ck_assert_str_eq(strings, "a title that is long");
        ck_assert_str_eq(getenv("A"), "1");
        ck_assert_str_eq(getenv("B"), "2");
        first = environ[0];
        ck_assert_int_eq(setenv("A", "3", 1), 0);
        free(first); /* which libc does not know to be ours */
        ck_assert_str_eq(getenv("A"), "3");
}
END_TEST

UNIT_MAIN("title", comes_and_goes, shows_no_query_and_no_control_bytes, is_cut, without_memory,
                the_environment_is_moved);
