/* SPDX-License-Identifier: MIT */
/* Proves which scripts a pool that leaves notes for its next start, in which order, and what a start takes from a list
 * that may have been written by anybody. */

#include "php/files/kept_scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef"

enum {
        N = KEPT_SCRIPTS_MIN + 4,
};

static char top[] = "/tmp/fpmd-test-kept-scripts-XXXXXX";
static char list_path[PATH_MAX];
static char names[N][32];
static ScriptUse uses[N];
static unsigned char is_ahead[SCRIPT_LIST_MAX];
static KeptScripts kept = { .folder = top, .id = ID "and what follows it", .is_ahead = is_ahead };

static void compile_at(const char *script, unsigned time) {
        const struct timespec times[2] = { {}, { .tv_sec = 1000, .tv_nsec = 1000 * time } };
        char path[PATH_MAX];
        int fd;

        ck_assert_int_lt(snprintf(path, sizeof(path), "%s/" ID "%s.bin", top, script), PATH_MAX);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(futimens(fd, times), 0);
        fd_close(fd);
}

/* What was compiled first has the last name. */
static void compile(unsigned i) {
        compile_at(names[i], N - i);
}

static void setup(void) {
        char path[PATH_MAX];

        strcpy(top + strlen(top) - 6, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(top));
        snprintf(list_path, sizeof(list_path), "%s/" ID ".scripts", top);
        snprintf(path, sizeof(path), "%s/" ID, top);
        ck_assert_int_eq(mkdir(path, 0700), 0);
        for (unsigned i = 0; i < N; i++) {
                snprintf(names[i], sizeof(names[i]), "/script%u.php", i);
                uses[i] = (ScriptUse){ .path = names[i], .n_uses = 1 };
                compile(i);
        }
}

static void teardown(void) {
        char command[PATH_MAX];

        snprintf(command, sizeof(command), "rm -rf %s", top);
        ck_assert_int_eq(system(command), 0);
}

static unsigned count(const char *first) {
        _cleanup_free_ char *list = NULL;
        size_t size, position = 0;
        const char *path;
        unsigned n = 0;

        if (kept_scripts_read(&kept, &list, &size) < 0)
                return 0;

        while ((path = script_list_next(list, size, &position)))
                if (n++ == 0)
                        ck_assert_int_eq(strcmp(path, first), 0);
        return n;
}

/* Of the list as it is now. */
static uint64_t sum(void) {
        _cleanup_free_ char *list = NULL;
        size_t size;

        ck_assert_int_eq(kept_scripts_read(&kept, &list, &size), 0);
        return kept_scripts_sum(list, size);
}

START_TEST(the_order_of_the_first_request) {
        struct stat st;

        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_uint_eq(count(names[N - 1]), N);
        ck_assert_int_eq(stat(list_path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(what_is_the_same_is_not_written) {
        struct stat before, after;

        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_int_eq(stat(list_path, &before), 0);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_int_eq(stat(list_path, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

/* One that was read ahead and that nobody has asked for, one of which nothing compiled is there, and one that no line can
 * have. Another one is there because somebody has asked for it, also only once. */
START_TEST(what_is_not_in_use) {
        char path[PATH_MAX];

        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        for (unsigned i = 0; i < N; i++)
                uses[i].n_uses = i > 3 ? 2 : i == 3 ? 0 : 1;
        kept.list_sum = sum();
        is_ahead[N - 1 - 4] = is_ahead[N - 1 - 0] = 1; /* the list begins with the last one */
        snprintf(path, sizeof(path), "%s/" ID "%s.bin", top, names[1]);
        ck_assert_int_eq(unlink(path), 0);
        snprintf(names[2], sizeof(names[2]), "/scr\nipt.php");
        compile(2);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N - 3);
        ck_assert_uint_eq(count(names[N - 1]), N - 3);
        ck_assert(!kept_scripts_has_compiled(&kept, names[1]));
        ck_assert(kept_scripts_has_compiled(&kept, names[3]));
}
END_TEST

START_TEST(few_are_not_worth_it) {
        ck_assert_int_eq(kept_scripts_write(&kept, uses, KEPT_SCRIPTS_MIN - 1),
                        KEPT_SCRIPTS_MIN - 1);
        ck_assert_int_lt(access(list_path, F_OK), 0);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_int_eq(access(list_path, F_OK), 0);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, 3), 3);
        ck_assert_int_lt(access(list_path, F_OK), 0);
}
END_TEST

START_TEST(a_start_that_nobody_asked_for) {
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        kept.list_sum = sum();
        memset(is_ahead, 1, N);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), 0);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, 0), 0);
        ck_assert_uint_eq(count(names[N - 1]), N);
}
END_TEST

/* Another one stands there since the start, with other places: the one that is_ahead means is not the first. */
START_TEST(another_list) {
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        kept.list_sum = sum();
        is_ahead[0] = 1;
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N - 1);
        ck_assert_uint_eq(count(names[N - 2]), N - 1);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_uint_eq(count(names[N - 1]), N);
}
END_TEST

/* The first ones stay, wherever they are in opcache. */
START_TEST(more_than_a_list_can_have) {
        enum {
                MORE = 1100,
                FIT = 1074, /* 100 lines of 3905 bytes, the others have one less */
        };
        static char paths[MORE][PATH_MAX], folders[3900];
        static ScriptUse many[MORE];
        char command[2 * PATH_MAX];

        memset(folders, 'f', sizeof(folders) - 1);
        for (size_t i = 0; i < sizeof(folders) - 1; i += 100)
                folders[i] = '/';
        snprintf(command, sizeof(command), "mkdir -p %s/" ID "%s", top, folders);
        ck_assert_int_eq(system(command), 0);
        for (unsigned i = 0; i < MORE; i++) {
                snprintf(paths[i], sizeof(paths[i]), "%s/%u", folders, i);
                many[i] = (ScriptUse){ .path = paths[i], .n_uses = 1 };
                compile_at(paths[i], MORE - i);
        }

        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_int_eq(kept_scripts_write(&kept, many, MORE), FIT);
        ck_assert_uint_eq(count(paths[MORE - 1]), FIT);
}
END_TEST

START_TEST(what_is_no_list) {
        _cleanup_free_ char *list = NULL;
        size_t size;

        ck_assert_int_eq(kept_scripts_read(&kept, &list, &size), -ENOENT);
        ck_assert_int_eq(mkfifo(list_path, 0600), 0);
        ck_assert_int_lt(kept_scripts_read(&kept, &list, &size), 0);
        ck_assert_int_eq(unlink(list_path), 0);
        ck_assert_int_eq(mkdir(list_path, 0700), 0);
        ck_assert_int_lt(kept_scripts_read(&kept, &list, &size), 0);
        ck_assert_int_lt(kept_scripts_write(&kept, uses, N), 0);
        ck_assert_int_eq(rmdir(list_path), 0);
        ck_assert_int_eq(close(open(list_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
        ck_assert_int_eq(truncate(list_path, SCRIPT_LIST_BYTES_MAX + 1), 0);
        ck_assert_int_eq(kept_scripts_read(&kept, &list, &size), -EFBIG);
        ck_assert_int_eq(kept_scripts_write(&kept, uses, N), N);
        ck_assert_uint_eq(count(names[N - 1]), N);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("kept-scripts");
        TCase *tcase = tcase_create("kept-scripts");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, the_order_of_the_first_request);
        tcase_add_test(tcase, what_is_the_same_is_not_written);
        tcase_add_test(tcase, what_is_not_in_use);
        tcase_add_test(tcase, few_are_not_worth_it);
        tcase_add_test(tcase, a_start_that_nobody_asked_for);
        tcase_add_test(tcase, another_list);
        tcase_add_test(tcase, more_than_a_list_can_have);
        tcase_add_test(tcase, what_is_no_list);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
