/* SPDX-License-Identifier: MIT */
/* Proves where root may go with rights of its own: as long as nobody else has a say in where the path leads. */

#include "manager/spawn/root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

enum {
        NOBODY = 65534,
        SYSTEM_GROUP = 4, /* adm, in which nobody is not */
};

static char folder[64], path[160];
static const PoolConfig config = { .user = (char *) "nobody" };

/* /run is root's alone, /tmp is not. */
static bool setup(void) {
        if (geteuid() != 0)
                return false;

        strcpy(folder, "/run/test-root-path-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        ck_assert_int_eq(chmod(folder, 0755), 0);
        return true;
}

static const char *in_folder(const char *name) {
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return path;
}

static void make(const char *name, uid_t uid, gid_t gid, mode_t mode) {
        ck_assert_int_eq(mkdir(in_folder(name), 0700), 0);
        ck_assert_int_eq(chown(path, uid, gid), 0);
        ck_assert_int_eq(chmod(path, mode), 0);
}

static void make_link(const char *name, const char *target) {
        ck_assert_int_eq(symlink(target, in_folder(name)), 0);
}

/* What the walk to a log there comes to. */
static int walk(const char *name) {
        _cleanup_close_ int fd = -EBADF;
        const char *last = "";

        fd = root_path_open_folder(&config, in_folder(name), &last);
        if (fd < 0)
                return fd;

        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        ck_assert_str_eq(last, "log");
        return 0;
}

START_TEST(what_is_roots) {
        if (!setup())
                return;

        make("a", 0, 0, 0755);
        make("a/b", 0, NOBODY, 0750);
        ck_assert_int_eq(walk("log"), 0);
        ck_assert_int_eq(walk("a/log"), 0);
        ck_assert_int_eq(walk("a//b/./../b/log"), 0);
        ck_assert_int_eq(walk("a/none/log"), -ENOENT);

        make_link("relative", "a/b");
        make_link("absolute", folder);
        make_link("round", "round");
        ck_assert_int_eq(walk("relative/log"), 0);
        ck_assert_int_eq(walk("absolute/relative/log"), 0);
        ck_assert_int_eq(walk("round/log"), -ELOOP);
}
END_TEST

START_TEST(what_others_have_a_say_in) {
        if (!setup())
                return;

        make("his", NOBODY, 0, 0755);
        make("his/roots", 0, 0, 0755);
        make("all", 0, 0, 01777);
        make("group", 0, NOBODY, 0775);
        ck_assert_int_eq(walk("his/log"), -EXDEV);
        ck_assert_int_eq(walk("his/roots/log"), -EXDEV);
        ck_assert_int_eq(walk("all/log"), -EXDEV);
        ck_assert_int_eq(walk("group/log"), -EXDEV);

        /* A link of his, and one of root's into what is his. */
        make_link("his/link", "/etc");
        make_link("link", "his/roots");
        ck_assert_int_eq(walk("his/link/log"), -EXDEV);
        ck_assert_int_eq(walk("link/log"), -EXDEV);
}
END_TEST

START_TEST(groups_of_the_system) {
        if (!setup())
                return;

        make("syslog", 0, SYSTEM_GROUP, 0775);
        make("wheel", 0, 0, 0775);
        ck_assert_int_eq(walk("syslog/log"), 0);
        ck_assert_int_eq(walk("wheel/log"), 0);
}
END_TEST

START_TEST(long_names) {
        static char name[6000];

        if (!setup())
                return;

        memset(name, 'a', 300);
        strcpy(name + 300, "/log");
        ck_assert_int_eq(root_path_open_folder(&config, name, &(const char *){ NULL }), -EINVAL);
        name[0] = '/';
        ck_assert_int_eq(root_path_open_folder(&config, name, &(const char *){ NULL }),
                        -ENAMETOOLONG);

        memset(name, '/', sizeof(name) - 1);
        ck_assert_int_eq(root_path_open_folder(&config, name, &(const char *){ NULL }),
                        -ENAMETOOLONG);
}
END_TEST

static void remove_folder(void) {
        char command[128];

        if (!*folder)
                return;

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        ck_assert_int_eq(system(command), 0);
}

int main(void) {
        Suite *suite = suite_create("root-path");
        TCase *tcase = tcase_create("root-path");

        tcase_add_checked_fixture(tcase, NULL, remove_folder);
        tcase_add_test(tcase, what_is_roots);
        tcase_add_test(tcase, what_others_have_a_say_in);
        tcase_add_test(tcase, groups_of_the_system);
        tcase_add_test(tcase, long_names);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
