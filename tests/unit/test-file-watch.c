/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sum.h"
#include "php/zygote/file_watch.h"
#include "unit.h"

enum {
        MANY = 300, /* files of one test */
};

static char folder[] = "/tmp/test-file-watch-XXXXXX";
static FileWatch *watch;
static uint64_t clock_usec;

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

/* used: what was in it when it was used, NULL: nobody knows. */
static int add(const char *name, const char *used) {
        return file_watch_add(
                        watch, path_of(name), used ? sum_of(used, strlen(used)) : 0, clock_usec);
}

static void set_up(void) {
        strcpy(folder, "/tmp/test-file-watch-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        put("one", "1");
        put("two", "2");
        ck_assert_int_eq(file_watch_new(&watch), 0);
        clock_usec = 1000000000;
        ck_assert_int_eq(add("one", NULL), 0);
        ck_assert_int_eq(add("two", NULL), 0);
        ck_assert_int_eq(add("one", NULL), 0);
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
        uint64_t which;

        /* What is gone is looked for a second later, and the rest of a burst awaited then. */
        for (int i = 0; i < 3; i++) {
                clock_usec += 2000000;
                file_watch_read(watch, clock_usec);
                path = file_watch_settle(watch, clock_usec + 1000000, &which);
                if (path)
                        break;
        }
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

/* As between a file's compiling and the watch that comes later. */
START_TEST(test_written_before) {
        put("three", "as compiled");
        put("four", "as compiled");
        ck_assert_int_eq(add("three", "as compiled"), 0);
        ck_assert_str_eq(changed(), "");
        put("four", "written since");
        ck_assert_int_eq(add("four", "as compiled"), 0);
        ck_assert_uint_eq(file_watch_due_usec(watch), clock_usec + 200000);
        ck_assert_str_eq(changed(), "four");
        ck_assert_str_eq(changed(), "");

        /* It is what was compiled again before anybody has looked. */
        put("five", "written since");
        ck_assert_int_eq(add("five", "as compiled"), 0);
        put("five", "as compiled");
        ck_assert_str_eq(changed(), "");
}
END_TEST

START_TEST(test_gone_before) {
        ck_assert_int_eq(add("three", "as compiled"), 0);
        ck_assert_int_eq(add("four", "as compiled"), 0);
        ck_assert_str_eq(changed(), "");
        put("three", "as compiled");
        put("four", "written since");
        ck_assert_str_eq(changed(), "four");
        ck_assert_str_eq(changed(), "");
        put("three", "written since");
        ck_assert_str_eq(changed(), "three");
}
END_TEST

START_TEST(test_made_again) {
        ck_assert_int_eq(unlink(path_of("one")), 0);
        ck_assert_str_eq(changed(), "one");
        ck_assert_uint_gt(file_watch_due_usec(watch), clock_usec);
        ck_assert_str_eq(changed(), "");
        put("one", "1 again");
        ck_assert_str_eq(changed(), "one");
        ck_assert_uint_eq(file_watch_due_usec(watch), 0);
        put("one", "and more");
        ck_assert_str_eq(changed(), "one");
}
END_TEST

/* Many are gone for good, and one behind them comes again: each is looked for, if not each second. */
START_TEST(test_many_gone) {
        char name[32];

        for (int i = 0; i < 1500; i++) {
                snprintf(name, sizeof(name), "gone-%d", i);
                ck_assert_int_eq(add(name, "as compiled"), 0);
        }
        ck_assert_str_eq(changed(), "");
        put("gone-1400", "made again");
        ck_assert_str_eq(changed(), "gone-1400");
        put("gone-3", "made again");
        ck_assert_str_eq(changed(), "gone-3");
}
END_TEST

/* A folder is put in the place of another one: nothing happens to the files in them. */
START_TEST(test_folder_moved) {
        ck_assert_int_eq(mkdir(path_of("app"), 0700), 0);
        ck_assert_int_eq(mkdir(path_of("app/src"), 0700), 0);
        ck_assert_int_eq(mkdir(path_of("new"), 0700), 0);
        ck_assert_int_eq(mkdir(path_of("new/src"), 0700), 0);
        put("app/src/one", "1");
        put("new/src/one", "2");
        ck_assert_int_eq(add("app/src/one", "1"), 0);
        ck_assert_int_eq(rename(path_of("app"), path_of("old")), 0);
        ck_assert_int_eq(rename(path_of("new"), path_of("app")), 0);
        ck_assert_str_eq(changed(), "app/src/one");
        put("app/src/one", "3");
        ck_assert_str_eq(changed(), "app/src/one");

        /* It is gone for a while, and becomes a link, and the link another. */
        ck_assert_int_eq(rename(path_of("app"), path_of("new")), 0);
        ck_assert_str_eq(changed(), "app/src/one");
        ck_assert_int_eq(symlink("old", path_of("app")), 0);
        ck_assert_str_ne(changed(), "");
        ck_assert_str_eq(changed(), "");
        ck_assert_int_eq(symlink("new", path_of("next")), 0);
        ck_assert_int_eq(rename(path_of("next"), path_of("app")), 0);
        ck_assert_str_ne(changed(), "");
        put("new/src/one", "4");
        ck_assert_str_eq(changed(), "app/src/one");
        ck_assert_str_eq(changed(), "");
}
END_TEST

/* Files that share their content on disk share what inotify calls them by. */
START_TEST(test_hard_links) {
        ck_assert_int_eq(link(path_of("one"), path_of("three")), 0);
        ck_assert_int_eq(add("three", NULL), 0);
        ck_assert_str_eq(changed(), "");
        put("new", "another");
        ck_assert_int_eq(rename(path_of("new"), path_of("one")), 0);
        ck_assert_str_eq(changed(), "one");
        put("three", "more");
        ck_assert_str_eq(changed(), "three");
}
END_TEST

/* More than there is room for at first; how many there may be is asked of the table (test-watched-files). */
START_TEST(test_many) {
        char name[32];

        for (int i = 0; i < MANY; i++) {
                snprintf(name, sizeof(name), "file-%d", i);
                put(name, name);
                ck_assert_int_eq(add(name, name), 0);
                ck_assert_int_eq(add(name, "what nobody asks about"), 0);
        }
        ck_assert_str_eq(changed(), "");
        put("file-271", "changed");
        ck_assert_str_eq(changed(), "file-271");
}
END_TEST

static int bytes_unread(void) {
        int n = -1;

        ck_assert_int_eq(ioctl(file_watch_fd(watch), FIONREAD, &n), 0);
        return n;
}

/* Two files in turn, as inotify makes one event of the same ones. */
static void make_events(int n) {
        for (int i = 0; i < n; i++)
                (void) fd_close(open(path_of(i % 2 == 0 ? "one" : "two"), O_WRONLY | O_CLOEXEC));
}

/* One look at it reads no more than it has time for, and what came last is not lost. */
START_TEST(test_storm) {
        uint64_t which;
        int all, rest;

        put("three", "3");
        ck_assert_int_eq(add("three", "3"), 0);
        make_events(6000);
        put("three", "last");
        all = bytes_unread();
        file_watch_read(watch, clock_usec);
        rest = bytes_unread();
        ck_assert_int_gt(rest, 0);
        ck_assert_int_le(all - rest, 65536);
        ck_assert_ptr_null(file_watch_settle(watch, clock_usec + 1000000, &which));
        ck_assert_str_eq(changed(), "three");
        ck_assert_int_eq(bytes_unread(), 0);
        ck_assert_str_eq(changed(), "");
}
END_TEST

/* More happens than the kernel keeps for us. */
START_TEST(test_overflow) {
        FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
        int n = 0;

        ck_assert_ptr_nonnull(f);
        ck_assert_int_eq(fscanf(f, "%d", &n), 1);
        fclose(f);
        if (n > 100000) {
                fprintf(stderr, "test_overflow: skipped, fs.inotify.max_queued_events is %d\n", n);
                return;
        }

        put("three", "3");
        ck_assert_int_eq(add("three", "3"), 0);
        make_events(n + 2);
        put("three", "is not in the queue");
        while (bytes_unread() > 0)
                file_watch_read(watch, clock_usec);
        ck_assert_str_eq(changed(), "three");
        put("one", "other");
        ck_assert_str_eq(changed(), "one");
}
END_TEST

START_TEST(test_which) {
        uint64_t which[4] = {};

        for (int i = 0; i < 4; i++) {
                put(i == 3 ? "two" : "one", i % 2 == 0 ? "a" : "b");
                if (i == 1)
                        put("two", "also");
                clock_usec += 2000000;
                file_watch_read(watch, clock_usec);
                ck_assert_ptr_nonnull(file_watch_settle(watch, clock_usec + 1000000, &which[i]));
        }
        ck_assert_uint_eq(which[0], which[2]);
        ck_assert_uint_ne(which[0], which[1]);
        ck_assert_uint_ne(which[0], which[3]);
        ck_assert_uint_ne(which[1], which[3]);
}
END_TEST

START_TEST(test_links) {
        ck_assert_int_eq(mkdir(path_of("release-1"), 0700), 0);
        ck_assert_int_eq(mkdir(path_of("release-2"), 0700), 0);
        put("release-1/index.php", "1");
        put("release-2/index.php", "1");
        ck_assert_int_eq(symlink("release-1", path_of("current")), 0);
        ck_assert_int_eq(file_watch_add_way(watch, path_of("current/index.php"), clock_usec), 0);
        ck_assert_str_eq(changed(), "");
        ck_assert_int_eq(symlink("release-2", path_of("next")), 0);
        ck_assert_int_eq(rename(path_of("next"), path_of("current")), 0);
        ck_assert_str_eq(changed(), "current");
        ck_assert_str_eq(changed(), "");
}
END_TEST

/* A file that is used by the name of a link is another one when that leads elsewhere. */
START_TEST(test_linked_file) {
        put("release-1", "1");
        put("release-2", "1");
        ck_assert_int_eq(symlink("release-1", path_of("current")), 0);
        ck_assert_int_eq(add("current", "1"), 0);
        ck_assert_int_eq(symlink("release-2", path_of("next")), 0);
        ck_assert_int_eq(rename(path_of("next"), path_of("current")), 0);
        ck_assert_str_eq(changed(), "current");
        put("release-2", "2");
        ck_assert_str_eq(changed(), "current");
        put("release-1", "2");
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
        ck_assert_int_lt(file_watch_add(watch, "relative", 0, 1), 0);
        ck_assert_int_lt(file_watch_add(watch, "", 0, 1), 0);
        ck_assert_int_eq(add("none", NULL), 0);
        ck_assert_int_eq(file_watch_add(watch, "/dev/zero", 0, 1), 0);
        ck_assert_int_eq(file_watch_add(watch, folder, 0, 1), 0);
        ck_assert_str_eq(changed(), "");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("file-watch");
        TCase *tc = tcase_create("all");

        tcase_set_timeout(tc, 60);
        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, test_written);
        tcase_add_test(tc, test_same_content);
        tcase_add_test(tc, test_replaced);
        tcase_add_test(tc, test_removed);
        tcase_add_test(tc, test_written_before);
        tcase_add_test(tc, test_gone_before);
        tcase_add_test(tc, test_made_again);
        tcase_add_test(tc, test_many_gone);
        tcase_add_test(tc, test_folder_moved);
        tcase_add_test(tc, test_hard_links);
        tcase_add_test(tc, test_many);
        tcase_add_test(tc, test_storm);
        tcase_add_test(tc, test_overflow);
        tcase_add_test(tc, test_which);
        tcase_add_test(tc, test_links);
        tcase_add_test(tc, test_linked_file);
        tcase_add_test(tc, test_due);
        tcase_add_test(tc, test_bad_paths);
        suite_add_tcase(s, tc);
        return s;
}

/* Of the user's watches others may have some. */
static bool may_watch(int n) {
        _cleanup_close_ int fd = inotify_init1(IN_CLOEXEC);
        char name[32];
        bool may = fd >= 0;

        for (int i = 0; i < n && may; i++) {
                snprintf(name, sizeof(name), "file-%d", i);
                fd_close(open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
                may = inotify_add_watch(fd, path_of(name), IN_CLOSE_WRITE) >= 0;
        }

        return may;
}

UNIT_ENTRY {
        char command[128];
        bool may;

        may = mkdtemp(folder) && may_watch(2 * MANY);
        snprintf(command, sizeof(command), "rm -rf %s", folder);
        (void) !system(command);
        if (may)
                return unit_run(suite());

        fprintf(stderr, "skipped: /proc/sys/fs/inotify/max_user_watches or max_user_instances is too small here\n");
        return 77; /* which automake takes so */
}
