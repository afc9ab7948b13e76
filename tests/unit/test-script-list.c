/* SPDX-License-Identifier: MIT */
/* Proves which scripts one generation tells the next one of, and what the next one takes from a list that may have been
 * written by anybody. */

#include "php/files/script_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#include "unit.h"

#define NOW 1000000

START_TEST(what_is_in_use) {
        ScriptUse uses[] = {
                { "/seldom.php", 1, 5 },
                { "/often.php", 900, 5 },
                { "/compiled-long-ago.php", 0, NOW - 3600 },
                { "/compiled-now.php", 0, NOW - 5 },
        };
        _cleanup_free_ char *list = NULL;
        size_t size, position = 0;
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(script_list_write(fds[1], uses, 4, NOW), 0);
        close(fds[1]);
        ck_assert_int_eq(script_list_read(fds[0], clock_now_usec() + 20000000, &list, &size), 0);
        close(fds[0]);

        ck_assert_str_eq(script_list_next(list, size, &position), "/often.php");
        ck_assert_str_eq(script_list_next(list, size, &position), "/seldom.php");
        ck_assert_str_eq(script_list_next(list, size, &position), "/compiled-now.php");
        ck_assert_ptr_null(script_list_next(list, size, &position));
}
END_TEST

/* Whoever reads it has no room for more. */
START_TEST(what_is_too_much) {
        enum { N = SCRIPT_LIST_BYTES_MAX / 4000 + 20 };
        static char path[4000];
        static ScriptUse uses[N];
        int fd = memfd_create("list", MFD_CLOEXEC);

        memset(path, 'x', sizeof(path) - 1);
        path[0] = '/';
        for (size_t i = 0; i < N; i++)
                uses[i] = (ScriptUse){ path, 1, NOW };

        ck_assert_int_eq(script_list_write(fd, uses, N, NOW), 0);
        ck_assert_int_eq(lseek(fd, 0, SEEK_END),
                        SCRIPT_LIST_BYTES_MAX - SCRIPT_LIST_BYTES_MAX % sizeof(path));
        close(fd);
}
END_TEST

START_TEST(what_is_no_list) {
        static const char bytes[] = "relative.php\0\0\0/good.php\0../up.php\0/cut.ph";
        size_t position = 0, size = sizeof(bytes) - 1;

        ck_assert_str_eq(script_list_next(bytes, size, &position), "/good.php");
        ck_assert_ptr_null(script_list_next(bytes, size, &position));
        position = 0;
        ck_assert_ptr_null(script_list_next("", 0, &position));
}
END_TEST

/* The other side goes on for ever, or says nothing. */
START_TEST(a_list_without_an_end) {
        _cleanup_free_ char *list = NULL, *silent = NULL;
        uint64_t start = clock_now_usec();
        size_t size;
        int fds[2], zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

        ck_assert_int_eq(script_list_read(zero, start + 60000000, &list, &size), 0);
        ck_assert_uint_eq(size, SCRIPT_LIST_BYTES_MAX);
        close(zero);

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(script_list_read(fds[0], clock_now_usec() + 20000, &silent, &size), 0);
        ck_assert_uint_eq(size, 0);
        ck_assert_uint_lt(clock_now_usec() - start, 30000000);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

START_TEST(what_can_be_opened) {
        char top[] = "/tmp/fpmd-test-script-list-XXXXXX", path[PATH_MAX];

        ck_assert_ptr_nonnull(mkdtemp(top));
        snprintf(path, sizeof(path), "%s/pipe", top);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        ck_assert(!script_list_is_file(path));
        unlink(path);
        ck_assert(!script_list_is_file(path));
        ck_assert_int_eq(symlink("/etc/hostname", path), 0);
        ck_assert(!script_list_is_file(path));
        unlink(path);
        ck_assert(!script_list_is_file(top));
        ck_assert(!script_list_is_file("/dev/null"));
        ck_assert(script_list_is_file("/etc/hostname"));
        rmdir(top);
}
END_TEST

UNIT_MAIN("script-list", what_is_in_use, what_is_too_much, what_is_no_list, a_list_without_an_end,
                what_can_be_opened);
