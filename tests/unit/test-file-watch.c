/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "php/zygote/file_watch.h"
#include "unit.h"

static char folder[] = "/tmp/test-file-watch-XXXXXX";
static FileWatch *watch;

static const char *path_of(const char *name) {
        static char path[4][128];
        static unsigned n;

        n = (n + 1) % 4;
        snprintf(path[n], sizeof(path[n]), "%s/%s", folder, name);
        return path[n];
}

static void put(const char *name, const char *text) {
        _cleanup_close_ int fd =
                        open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
}

static void set_up(void) {
        strcpy(folder, "/tmp/test-file-watch-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        put("one", "1");
        put("two", "2");
        ck_assert_int_eq(file_watch_new(&watch), 0);
        ck_assert_int_eq(file_watch_add(watch, path_of("one")), 0);
        ck_assert_int_eq(file_watch_add(watch, path_of("two")), 0);
        ck_assert_int_eq(file_watch_add(watch, path_of("one")), 0);
}

static void tear_down(void) {
        char command[128];

        watch = file_watch_free(watch);
        snprintf(command, sizeof(command), "rm -rf %s", folder);
        ck_assert_int_eq(system(command), 0);
}

/* What has changed, "" for nothing. */
static const char *changed(void) {
        const char *path;

        file_watch_read(watch, 1);
        path = file_watch_settle(watch);
        return path ? path + strlen(folder) + 1 : "";
}

START_TEST(test_written) {
        ck_assert_str_eq(changed(), "");
        put("one", "1 and more");
        ck_assert_str_eq(changed(), "one");
        ck_assert_str_eq(changed(), "");
        put("other", "is not watched");
        ck_assert_str_eq(changed(), "");
}
END_TEST

START_TEST(test_same_content) {
        put("one", "1");
        ck_assert_int_eq(chmod(path_of("two"), 0400), 0);
        ck_assert_str_eq(changed(), "");
        put("new", "1");
        ck_assert_int_eq(rename(path_of("new"), path_of("one")), 0);
        ck_assert_str_eq(changed(), "");

        /* It is watched under its name. */
        put("one", "other");
        ck_assert_str_eq(changed(), "one");
}
END_TEST

START_TEST(test_replaced) {
        for (int i = 0; i < 3; i++) {
                char text[2] = { (char) ('a' + i), '\0' };

                put("new", text);
                ck_assert_int_eq(rename(path_of("new"), path_of("two")), 0);
                ck_assert_str_eq(changed(), "two");
        }
}
END_TEST

START_TEST(test_removed) {
        ck_assert_int_eq(unlink(path_of("one")), 0);
        ck_assert_str_eq(changed(), "one");
        ck_assert_str_eq(changed(), "");
}
END_TEST

START_TEST(test_links) {
        ck_assert_int_eq(mkdir(path_of("release-1"), 0700), 0);
        ck_assert_int_eq(mkdir(path_of("release-2"), 0700), 0);
        put("release-1/index.php", "1");
        put("release-2/index.php", "1");
        ck_assert_int_eq(symlink("release-1", path_of("current")), 0);
        ck_assert_int_eq(file_watch_add_links(watch, path_of("current/index.php")), 0);
        ck_assert_str_eq(changed(), "");
        ck_assert_int_eq(symlink("release-2", path_of("next")), 0);
        ck_assert_int_eq(rename(path_of("next"), path_of("current")), 0);
        ck_assert_str_eq(changed(), "current");
        ck_assert_str_eq(changed(), "");
}
END_TEST

START_TEST(test_due) {
        uint64_t start = 1000000000;

        ck_assert_uint_eq(file_watch_due_usec(watch), 0);
        file_watch_read(watch, start);
        ck_assert_uint_eq(file_watch_due_usec(watch), 0);
        for (uint64_t i = 0; i < 30; i++) {
                uint64_t now = start + i * 100000;

                put("one", i % 2 == 0 ? "a" : "b");
                file_watch_read(watch, now);
                ck_assert_uint_gt(file_watch_due_usec(watch), i < 19 ? now : 0);
                ck_assert_uint_le(file_watch_due_usec(watch), start + 2000000);
        }
        ck_assert_str_eq(changed(), "one");
        ck_assert_uint_eq(file_watch_due_usec(watch), 0);
}
END_TEST

START_TEST(test_bad_paths) {
        ck_assert_int_lt(file_watch_add(watch, "relative"), 0);
        ck_assert_int_lt(file_watch_add(watch, ""), 0);
        ck_assert_int_eq(file_watch_add(watch, path_of("none")), 0);
        ck_assert_int_eq(file_watch_add(watch, "/dev/zero"), 0);
        ck_assert_int_eq(file_watch_add(watch, folder), 0);
        ck_assert_str_eq(changed(), "");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("file-watch");
        TCase *tc = tcase_create("all");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, test_written);
        tcase_add_test(tc, test_same_content);
        tcase_add_test(tc, test_replaced);
        tcase_add_test(tc, test_removed);
        tcase_add_test(tc, test_links);
        tcase_add_test(tc, test_due);
        tcase_add_test(tc, test_bad_paths);
        suite_add_tcase(s, tc);
        return s;
}

UNIT_ENTRY {
        return unit_run(suite());
}
