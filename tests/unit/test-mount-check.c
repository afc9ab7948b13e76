/* SPDX-License-Identifier: MIT */
/* Proves that a mount point has the unit that systemd-escape --path --suffix=mount names. */

#include "manager/generation/mount_check.h"

#include <errno.h>

#include "base/cleanup.h"
#include "unit.h"

START_TEST(units) {
        static const struct {
                const char *path, *unit;
        } cases[] = {
                { "/srv/www", "srv-www.mount" },
                { "/srv//www/", "srv-www.mount" },
                { "/srv/my-site", "srv-my\\x2dsite.mount" },
                { "/.hidden/.x", "\\x2ehidden-.x.mount" },
                { "/a b/\xc3\xa4", "a\\x20b-\\xc3\\xa4.mount" },
                { "/v:1_2.3", "v:1_2.3.mount" },
        };
        char unit[64];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ck_assert_int_eq(mount_check_unit(cases[i].path, unit, sizeof(unit)), 0);
                ck_assert_str_eq(unit, cases[i].unit);
        }

        ck_assert_int_eq(mount_check_unit("/", unit, sizeof(unit)), -ENAMETOOLONG);
        ck_assert_int_eq(mount_check_unit("/srv/www", unit, 13), -ENAMETOOLONG);
        ck_assert_int_eq(mount_check_unit("/srv/www", unit, 14), 0);
}
END_TEST

START_TEST(this_machine) {
        char unit[64];

        ck_assert(!mount_check_is_missing("/", unit, sizeof(unit)));
        ck_assert(!mount_check_is_missing("/usr/lib", unit, sizeof(unit)));
        ck_assert(!mount_check_is_missing("/nosuch/folder", unit, sizeof(unit)));
}
END_TEST

UNIT_MAIN("mount-check", units, this_machine);
