/* SPDX-License-Identifier: MIT */
/* Proves which files messages to root may quote: those that root alone decides about. */

#include "config/file_trust.h"

#include <sys/xattr.h>

#include "root-folder.h"

static void make_file(const char *name, uid_t uid, mode_t mode) {
        int fd = open(in_folder(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fchown(fd, uid, 0), 0);
        ck_assert_int_eq(fchmod(fd, mode), 0);
        close(fd);
}

/* Nobody may write, as the group's bits of the mode show without saying who. */
static bool let_nobody_write(const char *name) {
        static const unsigned char acl[] = {
                2, 0, 0, 0,                        /* version */
                0x01, 0, 7, 0, 255, 255, 255, 255, /* the owner */
                0x02, 0, 7, 0, 0xfe, 0xff, 0, 0,   /* NOBODY */
                0x04, 0, 5, 0, 255, 255, 255, 255, /* the group */
                0x10, 0, 7, 0, 255, 255, 255, 255, /* the mask */
                0x20, 0, 5, 0, 255, 255, 255, 255, /* others */
        };

        return setxattr(in_folder(name), "system.posix_acl_access", acl, sizeof(acl), 0) >= 0;
}

static bool may_quote(const char *name) {
        return file_trust_may_quote(in_folder(name));
}

START_TEST(what_is_roots) {
        if (!root_folder_make())
                return;

        make_folder("a", 0, 0, 0775);
        make_file("a/file", 0, 0664);
        make_link("link", "a");
        ck_assert(may_quote("a/file"));
        ck_assert(may_quote("link/file"));
        ck_assert(may_quote("a/../a//./file"));
        ck_assert(!may_quote("a/none"));
}
END_TEST

START_TEST(what_others_decide_about) {
        if (!root_folder_make())
                return;

        make_folder("his", NOBODY, 0, 0755);
        make_file("his/file", 0, 0600);
        make_folder("all", 0, 0, 01777);
        make_file("all/file", 0, 0600);
        make_file("own", NOBODY, 0644);
        make_file("open", 0, 0666);
        make_link("link", "/etc/shadow");
        ck_assert(!may_quote("his/file"));
        ck_assert(!may_quote("all/file"));
        ck_assert(!may_quote("own"));
        ck_assert(!may_quote("open"));
        ck_assert(!may_quote("link"));
}
END_TEST

START_TEST(who_may_write_by_an_acl) {
        if (!root_folder_make())
                return;

        make_folder("a", 0, 0, 0755);
        make_file("a/file", 0, 0644);
        if (let_nobody_write("a"))
                ck_assert(!may_quote("a/file"));
}
END_TEST

ROOT_FOLDER_MAIN("file-trust", what_is_roots, what_others_decide_about, who_may_write_by_an_acl);
