/* SPDX-License-Identifier: MIT */
/* Proves what a booted application may leave open for workers to share, and what not. */

#include "php/zygote/shared_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static char path[] = "/tmp/fpmd-test-shared-XXXXXX";
static int proc_fd;
static SharedFiles files;

static void note(void) {
        int fd = mkstemp(path);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(close(fd), 0);
        proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(proc_fd, 0);
        ck_assert_int_eq(shared_files_note(&files, proc_fd, "/etc/hostname"), 0);
}

static void check(int fd, int expected) {
        char why[SHARED_FILES_WHY_MAX];

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(shared_files_check(&files, why), expected);
        ck_assert_int_eq(close(fd), 0);
        ck_assert_int_eq(shared_files_check(&files, why), 0);
}

START_TEST(what_was_open) {
        char why[SHARED_FILES_WHY_MAX];
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        note();
        ck_assert_int_eq(shared_files_check(&files, why), 0);
        (void) unlink(path);
}
END_TEST

START_TEST(what_may_be_shared) {
        note();
        check(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
        check(open("/dev/null", O_RDWR | O_CLOEXEC), 0);
        check(open(path, O_WRONLY | O_APPEND | O_CLOEXEC), 0);
        check(open(path, O_PATH | O_CLOEXEC), 0);
        (void) unlink(path);
}
END_TEST

START_TEST(what_may_not) {
        int fds[2];

        note();
        check(open(path, O_RDONLY | O_CLOEXEC), -EBUSY);
        check(open(path, O_RDWR | O_APPEND | O_CLOEXEC), -EBUSY);
        check(open(path, O_WRONLY | O_CLOEXEC), -EBUSY);
        check(eventfd(0, EFD_CLOEXEC), -EBUSY);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        ck_assert_int_eq(close(fds[0]), 0);
        check(fds[1], -EBUSY);
        check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), -EBUSY);
        (void) unlink(path);
}
END_TEST

static void *wait_for_byte(void *userdata) {
        char byte;

        (void) !read(*(int *) userdata, &byte, 1);
        return NULL;
}

START_TEST(threads) {
        char why[SHARED_FILES_WHY_MAX];
        pthread_t thread;
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        note();
        ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_byte, &fds[0]), 0);
        ck_assert_int_eq(shared_files_check(&files, why), -EBUSY);
        ck_assert_str_eq(why, "it has started 1 threads");
        ck_assert_int_eq(close(fds[1]), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(shared_files_check(&files, why), 0);
        (void) unlink(path);
}
END_TEST

UNIT_MAIN("shared-files", what_was_open, what_may_be_shared, what_may_not, threads);
