/* SPDX-License-Identifier: MIT */
/* Proves that a title stays within its memory, shows nothing that a terminal obeys, and leaves nothing behind. */

#include "php/zygote/proctitle.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"

static char memory[64];

/* An area of size bytes in the middle of memory. */
static Title start(size_t size) {
        memset(memory, '#', sizeof(memory));
        return (Title){ .area = memory + 8, .size = size, .length = size };
}

static void check(const Title *title, const char *expected) {
        ck_assert_str_eq(title->area, expected);
        for (size_t i = strlen(expected); i < title->size; i++)
                ck_assert_int_eq(title->area[i], '\0');
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(memory[i], '#');
        for (size_t i = 8 + title->size; i < sizeof(memory); i++)
                ck_assert_int_eq(memory[i], '#');
}

START_TEST(comes_and_goes) {
        Title title = start(40);

        title_set(&title, "worker 3");
        check(&title, "worker 3");
        title_set_request(&title, "GET", "/a/b.php");
        check(&title, "worker 3: GET /a/b.php");
        title_set_request(&title, "POST", "/x");
        check(&title, "worker 3: POST /x");
        title_clear_request(&title);
        check(&title, "worker 3");
        title_set(&title, "w");
        check(&title, "w");
}
END_TEST

START_TEST(shows_no_query_and_no_control_bytes) {
        Title title = start(40);

        title_set(&title, "w");
        title_set_request(&title, "G\x1b[", "/\xc3\xa4\n?key=secret");
        check(&title, "w: G?[ /???");
        title_set_request(&title, NULL, NULL);
        check(&title, "w:  ");
}
END_TEST

START_TEST(is_cut) {
        for (size_t size = 1; size < 30; size++) {
                Title title = start(size);
                char expected[40] = "worker: GET /abcdefghijklmnopqrst";

                expected[size - 1] = '\0';
                title_set(&title, "worker");
                title_set_request(&title, "GET", "/abcdefghijklmnopqrstuvwxyz");
                check(&title, expected);
                title_clear_request(&title);
                ck_assert_uint_le(title.length, 6);
        }
}
END_TEST

START_TEST(without_memory) {
        Title title = {};

        title_set(&title, "w");
        title_set_request(&title, "GET", "/");
        title_clear_request(&title);
        ck_assert_ptr_null(title.area);
}
END_TEST

/* As the kernel lays them out: the strings of both, one behind the other. */
START_TEST(the_environment_is_moved) {
        char strings[] = "fpmd-php\0www\0A=1\0B=2";
        char *argv[] = { strings, strings + 9, NULL };
        char *old[] = { strings + 13, strings + 17, NULL }, *first;
        Title title;

        environ = old;
        title_init(&title, 2, argv);
        ck_assert_uint_eq(title.size, sizeof(strings));
        title_set(&title, "a title that is longer than all");
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
