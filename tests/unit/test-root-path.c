/* SPDX-License-Identifier: MIT */
/* Proves where root may go with rights of its own: as long as nobody else has a say in where the path leads. */

#include "manager/spawn/root_path.h"

#include <errno.h>

#include "base/fd.h"
#include "root-folder.h"

enum {
        SYSTEM_GROUP = 4, /* adm, in which nobody is not */
};

static const PoolConfig config = { .user = (char *) "nobody" };

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
        if (!root_folder_make())
                return;

        make_folder("a", 0, 0, 0755);
        make_folder("a/b", 0, NOBODY, 0750);
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
        if (!root_folder_make())
                return;

        make_folder("his", NOBODY, 0, 0755);
        make_folder("his/roots", 0, 0, 0755);
        make_folder("all", 0, 0, 01777);
        make_folder("group", 0, NOBODY, 0775);
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
        if (!root_folder_make())
                return;

        make_folder("syslog", 0, SYSTEM_GROUP, 0775);
        make_folder("wheel", 0, 0, 0775);
        ck_assert_int_eq(walk("syslog/log"), 0);
        ck_assert_int_eq(walk("wheel/log"), 0);
}
END_TEST

START_TEST(long_names) {
        static char name[6000];

        if (!root_folder_make())
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

ROOT_FOLDER_MAIN("root-path", what_is_roots, what_others_have_a_say_in, groups_of_the_system,
                long_names);
