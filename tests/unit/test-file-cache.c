/* SPDX-License-Identifier: MIT */
/* Proves which files of a cache stay: those that were compiled from what their script is now, and of these the ones that
 * were used last. */

#include "contract/file_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef"

static char top[] = "/tmp/fpmd-test-file-cache-XXXXXX";
static char folder[PATH_MAX], scripts[PATH_MAX];

_printf_(1, 2) static void run(const char *format, ...) {
        char command[2 * PATH_MAX];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(command, sizeof(command), format, arguments);
        va_end(arguments);
        ck_assert_int_eq(system(command), 0);
}

static void setup(void) {
        strcpy(top + strlen(top) - 6, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(top));
        snprintf(folder, sizeof(folder), "%s/cache", top);
        snprintf(scripts, sizeof(scripts), "%s/scripts", top);
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        ck_assert_int_eq(mkdir(scripts, 0755), 0);
}

static void teardown(void) {
        run("rm -rf %s", top);
}

static void set_times(const char *path, time_t sec) {
        const struct timespec times[2] = { { .tv_sec = sec }, { .tv_sec = sec } };

        ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static char *compiled_path(const char *name) {
        char *path;

        ck_assert_int_ge(asprintf(&path, "%s/" ID "%s/%s.bin", folder, scripts, name), 0);
        return path;
}

/* A script of that time, and what was made of it: age seconds after the script came into the world. */
static void add(const char *name, time_t script_sec, time_t age, size_t size) {
        _cleanup_free_ char *script = NULL, *compiled = compiled_path(name),
                            *data = calloc(1, size);
        _cleanup_close_ int fd = -EBADF;

        ck_assert_int_ge(asprintf(&script, "%s/%s", scripts, name), 0);
        run("mkdir -p $(dirname %s)", script);
        run("touch %s", script);
        set_times(script, script_sec);

        run("mkdir -p $(dirname %s)", compiled);
        fd = open(compiled, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fd_write_all(fd, data, size), 0);
        set_times(compiled, time(NULL) + age);
}

static bool is_there(const char *name) {
        _cleanup_free_ char *path = compiled_path(name);

        return access(path, F_OK) == 0;
}

static int tidy(FileCacheRules rules) {
        _cleanup_close_ int fd = file_cache_open(folder, geteuid());

        ck_assert_int_ge(fd, 0);
        if (rules.bytes_max == 0)
                rules.bytes_max = 1 << 30;
        if (rules.files_max == 0)
                rules.files_max = FILE_CACHE_FILES_MAX;
        return file_cache_tidy(fd, &rules);
}

START_TEST(what_is_older_than_its_script) {
        time_t old = time(NULL) - 86400;

        add("good.php", old, 10, 100);
        add("unpacked.php", old, -10, 100); /* with an old time, after it was compiled */
        add("at-once.php", old, 0, 100);
        add("no-time.php", 1, 10, 100);
        add("gone.php", old, 10, 100);
        run("rm %s/gone.php", scripts);
        run("ln -s /etc/passwd %s/" ID "/link.php.bin", folder);
        run("mkdir -p %s/" ID "/empty/empty", folder);

        ck_assert_int_eq(tidy((FileCacheRules){}), 1);
        ck_assert(is_there("good.php"));
        ck_assert(!is_there("unpacked.php"));
        ck_assert(!is_there("at-once.php"));
        ck_assert(!is_there("no-time.php"));
        ck_assert(!is_there("gone.php"));
        run("! test -L %s/" ID "/link.php.bin", folder);
        run("! test -e %s/" ID "/empty", folder);
        run("test -s /etc/passwd");

        ck_assert_int_eq(tidy((FileCacheRules){ .is_all_stale = true }), 0);
        run("test -z \"$(ls -A %s)\"", folder);
}
END_TEST

/* A folder that was put in the place of another, with all its scripts as they were. */
START_TEST(what_nobody_validates) {
        time_t old = time(NULL) - 86400;

        add("stays.php", old, 20, 100);
        add("release/moved.php", old, 10, 100);
        ck_assert_int_eq(tidy((FileCacheRules){}), 2);
        ck_assert_int_eq(tidy((FileCacheRules){ .never_validated = true }), 2);

        {
                _cleanup_free_ char *moved = compiled_path("release/moved.php");
                _cleanup_free_ char *stays = compiled_path("stays.php");
                struct stat st;
                char path[PATH_MAX + 20];

                /* As if both had been compiled a minute ago, and the folder been moved since. */
                snprintf(path, sizeof(path), "%s/release", scripts);
                ck_assert_int_eq(stat(path, &st), 0);
                set_times(moved, st.st_ctim.tv_sec + 1);
                set_times(stays, st.st_ctim.tv_sec + 20);
        }
        ck_assert_int_eq(tidy((FileCacheRules){ .never_validated = true }), 1);
        ck_assert(is_there("stays.php"));
}
END_TEST

START_TEST(no_more_than_is_allowed) {
        time_t old = time(NULL) - 86400;
        char name[16];

        for (int i = 0; i < 8; i++) {
                snprintf(name, sizeof(name), "%d.php", i);
                add(name, old, 10 + i, 64 << 10);
        }
        ck_assert_int_eq(tidy((FileCacheRules){ .bytes_max = 1 << 20 }), 8);

        /* 512 KiB become 3/4 of 400. */
        ck_assert_int_eq(tidy((FileCacheRules){ .bytes_max = 400 << 10 }), 4);
        ck_assert(!is_there("0.php") && !is_there("3.php"));
        ck_assert(is_there("4.php") && is_there("7.php"));
}
END_TEST

/* Of files that are no scripts', whose age says nothing. */
START_TEST(no_more_than_a_start_would_look_at) {
        _cleanup_close_ int fd = -EBADF;
        char name[64];

        run("mkdir %s/" ID, folder);
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        for (int i = 0; i < 110; i++) {
                snprintf(name, sizeof(name), ID "/%d", i);
                ck_assert_int_eq(mknodat(fd, name, S_IFREG | 0600, 0), 0);
        }

        ck_assert_int_eq(tidy((FileCacheRules){ .files_max = 100 }), -E2BIG);
        ck_assert_int_eq(tidy((FileCacheRules){ .files_max = 100, .runs = true }), 75);
        ck_assert_int_eq(tidy((FileCacheRules){ .files_max = 100 }), 75);
}
END_TEST

START_TEST(folders_that_cannot_be_used) {
        char path[PATH_MAX + 20];

        ck_assert_int_eq(chmod(folder, 0755), 0);
        ck_assert_int_eq(file_cache_open(folder, geteuid()), -EXDEV);
        ck_assert_int_eq(chmod(folder, 0700), 0);
        ck_assert_int_eq(file_cache_open(folder, geteuid() + 1), -EXDEV);
        snprintf(path, sizeof(path), "%s/link", top);
        ck_assert_int_eq(symlink(folder, path), 0);
        ck_assert_int_eq(file_cache_open(path, geteuid()), -ENOTDIR);
        snprintf(path, sizeof(path), "%s/none", top);
        ck_assert_int_eq(file_cache_open(path, geteuid()), -ENOENT);
        snprintf(path, sizeof(path), "%s/file", top);
        run("touch %s", path);
        ck_assert_int_eq(file_cache_open(path, geteuid()), -ENOTDIR);
}
END_TEST

UNIT_ENTRY {
        Suite *suite = suite_create("file-cache");
        TCase *tcase = tcase_create("file-cache");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, what_is_older_than_its_script);
        tcase_add_test(tcase, what_nobody_validates);
        tcase_add_test(tcase, no_more_than_is_allowed);
        tcase_add_test(tcase, no_more_than_a_start_would_look_at);
        tcase_add_test(tcase, folders_that_cannot_be_used);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
