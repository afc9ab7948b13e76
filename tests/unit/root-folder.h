/* SPDX-License-Identifier: MIT */
#pragma once
/* What tests of paths that root alone decides about are written with: a folder in /run, which is root's alone as /tmp is
 * not. It is there in each test that begins with root_folder_make(), and removed by root_folder_remove(). */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

enum {
        NOBODY = 65534,
};

static char folder[64], path[160];

/* Returns whether this is root, who alone can make such a folder. */
static inline bool root_folder_make(void) {
        if (geteuid() != 0)
                return false;

        strcpy(folder, "/run/fpmd-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        ck_assert_int_eq(chmod(folder, 0755), 0);
        return true;
}

static inline void root_folder_remove(void) {
        char command[96];

        if (!*folder)
                return;

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        ck_assert_int_eq(system(command), 0);
}

/* Returns the path of a name in the folder, which is path until the next call. */
static inline const char *in_folder(const char *name) {
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return path;
}

static inline void make_folder(const char *name, uid_t uid, gid_t gid, mode_t mode) {
        ck_assert_int_eq(mkdir(in_folder(name), 0700), 0);
        ck_assert_int_eq(chown(path, uid, gid), 0);
        ck_assert_int_eq(chmod(path, mode), 0);
}

static inline void make_link(const char *name, const char *target) {
        ck_assert_int_eq(symlink(target, in_folder(name)), 0);
}

/* The main() of such a test. */
#define ROOT_FOLDER_MAIN(name, ...)                                                                \
        int main(void) {                                                                           \
                const TTest *const tests[] = { __VA_ARGS__ };                                      \
                Suite *suite = suite_create(name);                                                 \
                TCase *tcase = tcase_create(name);                                                 \
                                                                                                   \
                tcase_add_checked_fixture(tcase, NULL, root_folder_remove);                        \
                for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                      \
                        tcase_add_test(tcase, tests[i]);                                           \
                suite_add_tcase(suite, tcase);                                                     \
                return unit_run(suite);                                                            \
        }                                                                                          \
        extern int unit_main_semicolon
