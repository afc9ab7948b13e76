/* SPDX-License-Identifier: MIT */
#include "php/files/body_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unit.h"

static char folder[] = "/tmp/test-body-file-XXXXXX";

START_TEST(only_regular_files) {
        char file[64], fifo[64], link[64];
        int fd;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        snprintf(file, sizeof(file), "%s/file", folder);
        snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
        snprintf(link, sizeof(link), "%s/link", folder);
        fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        close(fd);
        ck_assert_int_eq(mkfifo(fifo, 0600), 0);
        ck_assert_int_eq(symlink(file, link), 0);

        fd = body_file_open(file);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);

        ck_assert_int_eq(body_file_open(fifo), -EINVAL); /* and at once */
        ck_assert_int_eq(body_file_open(link), -ELOOP);
        ck_assert_int_eq(body_file_open(folder), -EINVAL);
        ck_assert_int_eq(body_file_open("/dev/zero"), -EINVAL);
        ck_assert_int_eq(body_file_open(""), -ENOENT);
        unlink(file);
        unlink(fifo);
        unlink(link);
        ck_assert_int_eq(body_file_open(file), -ENOENT);
        rmdir(folder);
}
END_TEST

UNIT_MAIN("body-file", only_regular_files);
