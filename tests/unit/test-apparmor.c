/* SPDX-License-Identifier: MIT */
/* With a folder in the place of /proc: what is read, what is written, what is refused. That the kernel then
 * does it is the kernel's affair. */

#include "php/zygote/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

static char why[APPARMOR_WHY_MAX];

/* Puts on "web" where the kernel says label; ret_written: what the file holds afterwards. */
static int put_on(const char *path, const char *label, char ret_written[static 200]) {
        char folder[] = "/tmp/test-apparmor-XXXXXX";
        int proc_fd, fd, r;
        ssize_t n;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        proc_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_eq(mkdirat(proc_fd, "self", 0700), 0);
        ck_assert_int_eq(mkdirat(proc_fd, "self/attr", 0700), 0);
        ck_assert_int_eq(mkdirat(proc_fd, "self/attr/apparmor", 0700), 0);
        fd = openat(proc_fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_eq(write(fd, label, strlen(label)), strlen(label));

        *why = '\0';
        r = apparmor_put_on(proc_fd, "web", why);
        n = pread(fd, ret_written, 199, 0);
        ck_assert_int_ge(n, 0);
        ret_written[n] = '\0';
        close(fd);
        unlinkat(proc_fd, path, 0);
        unlinkat(proc_fd, "self/attr/apparmor", AT_REMOVEDIR);
        unlinkat(proc_fd, "self/attr", AT_REMOVEDIR);
        unlinkat(proc_fd, "self", AT_REMOVEDIR);
        close(proc_fd);
        rmdir(folder);
        return r;
}

START_TEST(a_hat_is_put_on) {
        char written[200];

        ck_assert_int_eq(put_on("self/attr/apparmor/current", "fpmd (enforce)\n", written), 0);
        ck_assert_str_eq(written, "changeprofile fpmd//web");
        ck_assert_int_eq(put_on("self/attr/current", "a (b) c (complain)", written), 0);
        ck_assert_str_eq(written, "changeprofile a (b) c//web");
        ck_assert_int_eq(put_on("self/attr/current", "x\n", written), 0);
        ck_assert_str_eq(written, "changeprofile x//web");
}
END_TEST

START_TEST(who_is_not_confined_has_no_hats) {
        char written[200];

        ck_assert_int_eq(put_on("self/attr/current", "unconfined\n", written), -EINVAL);
        ck_assert_ptr_nonnull(strstr(why, "AppArmorProfile="));
        ck_assert_str_eq(written, "unconfined\n");
        ck_assert_int_eq(put_on("self/attr/current", "", written), -EINVAL);
}
END_TEST

START_TEST(a_kernel_without_it_is_an_error) {
        char written[200];

        ck_assert_int_eq(put_on("elsewhere", "x", written), -ENOENT);
        ck_assert_ptr_nonnull(strstr(why, "cannot read"));
}
END_TEST

UNIT_MAIN("apparmor", a_hat_is_put_on, who_is_not_confined_has_no_hats,
                a_kernel_without_it_is_an_error);
