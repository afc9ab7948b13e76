/* SPDX-License-Identifier: MIT */
/* Proves that a log file is made 0600 and appended to, and that links and things that are no files are not
 * opened; and that the check makes nothing and says what to do. */

#include "manager/spawn/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

static char folder[64], path[128], other[128], why[LOG_FILE_WHY_MAX];

static void setup(void) {
        strcpy(folder, "/tmp/test-log-file-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/log", folder);
        snprintf(other, sizeof(other), "%s/other", folder);
}

static const PoolConfig config;

static void teardown(void) {
        unlink(path);
        unlink(other);
        rmdir(folder);
}

START_TEST(it_is_made_and_appended_to) {
        struct stat st;

        setup();
        for (int i = 0; i < 2; i++) {
                int fd = log_file_open(&config, path);

                ck_assert_int_ge(fd, 0);
                ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
                ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND);
                ck_assert_int_eq(write(fd, "12", 2), 2);
                close(fd);
        }
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_int_eq(st.st_size, 4);
        ck_assert_int_eq(st.st_mode, S_IFREG | 0600);
        teardown();
}
END_TEST

START_TEST(links_lead_nowhere) {
        setup();
        ck_assert_int_eq(symlink(other, path), 0);
        ck_assert_int_eq(log_file_open(&config, path), -ELOOP);
        ck_assert_int_eq(log_file_check(&config, path, why), -ELOOP);
        ck_assert_ptr_nonnull(strstr(why, "symbolic link; name the file itself"));
        ck_assert_int_lt(access(other, F_OK), 0);

        unlink(path);
        close(creat(other, 0600));
        ck_assert_int_eq(link(other, path), 0);
        ck_assert_int_eq(log_file_open(&config, path), -EMLINK);
        ck_assert_int_eq(log_file_check(&config, path, why), -EMLINK);
        teardown();
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
        setup();
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        ck_assert_int_eq(log_file_open(&config, path), -EBADFD);
        ck_assert_int_eq(log_file_check(&config, path, why), -EBADFD);
        ck_assert_int_eq(log_file_check(&config, folder, why), -EISDIR);
        ck_assert_ptr_nonnull(strstr(why, "is not a file"));
        ck_assert_int_eq(log_file_check(&config, "/dev/null", why), 0);
        teardown();
}
END_TEST

START_TEST(the_check_makes_nothing) {
        char deep[160];

        setup();
        ck_assert_int_eq(log_file_check(&config, path, why), 0);
        ck_assert_int_lt(access(path, F_OK), 0);
        ck_assert_int_eq(log_file_check(&config, "/log", why), geteuid() == 0 ? 0 : -EACCES);

        snprintf(deep, sizeof(deep), "%s/none/log", folder);
        ck_assert_int_eq(log_file_check(&config, deep, why), -ENOENT);
        ck_assert_ptr_nonnull(strstr(why, "create its folder"));
        teardown();
}
END_TEST

UNIT_MAIN("log_file", it_is_made_and_appended_to, links_lead_nowhere, what_is_no_file_is_refused,
                the_check_makes_nothing);
