/* SPDX-License-Identifier: MIT */
/* Proves that the pool's own folder is found among those that drop-ins name: manager/base/unit_folder.c. */

#include "manager/base/unit_folder.h"

#include <stdlib.h>

#include "unit.h"

static void check(const char *list, const char *pool, const char *expected) {
        char *path;

        ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", list, 1), 0);
        path = unit_folder("RUNTIME_DIRECTORY", pool);
        ck_assert_pstr_eq(path, expected);
        free(path);
}

START_TEST(the_own_folder_is_found) {
        check("/run/fpmd/www", "www", "/run/fpmd/www");
        check("/run/aaa:/run/fpmd/www", "www", "/run/fpmd/www");
        check("/run/fpmd/www:/run/zzz", "www", "/run/fpmd/www");
        check("/run/aaa:/run/fpmd/www:/run/zzz", "www", "/run/fpmd/www");
        check("/run/fpmd/w:/run/fpmd/www", "www", "/run/fpmd/www");
        check("/run/user/1000/fpmd/www", "www", "/run/user/1000/fpmd/www");
}
END_TEST

START_TEST(a_name_may_have_colons) {
        check("/run/fpmd/a:b", "a:b", "/run/fpmd/a:b");
        check("/run/aaa:/run/fpmd/a:b:/run/zzz", "a:b", "/run/fpmd/a:b");
}
END_TEST

START_TEST(a_unit_of_another_kind_has_its_first) {
        check("/run/mine", "www", "/run/mine");
        check("/run/mine:/run/other", "www", "/run/mine");
}
END_TEST

START_TEST(there_may_be_none) {
        check("", "www", NULL);
        ck_assert_int_eq(unsetenv("RUNTIME_DIRECTORY"), 0);
        ck_assert_ptr_null(unit_folder("RUNTIME_DIRECTORY", "www"));
}
END_TEST

UNIT_MAIN("unit-folder", the_own_folder_is_found, a_name_may_have_colons,
                a_unit_of_another_kind_has_its_first, there_may_be_none);
