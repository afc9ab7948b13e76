/* SPDX-License-Identifier: MIT */
/* Proves the bytes of an access control list: in the kernel's order, each name once, with the mask that lets the names
 * read and write. */

#include "manager/spawn/acl.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

START_TEST(bytes) {
        static const unsigned char expected[] = {
                2, 0, 0, 0,                        /* version */
                0x01, 0, 6, 0, 255, 255, 255, 255, /* the owner */
                0x02, 0, 6, 0, 0xd1, 7, 0, 0,      /* user 2001 */
                0x02, 0, 6, 0, 0xd2, 7, 0, 0,      /* user 2002 */
                0x04, 0, 4, 0, 255, 255, 255, 255, /* the group */
                0x08, 0, 6, 0, 0x34, 8, 0, 0,      /* group 2100 */
                0x10, 0, 6, 0, 255, 255, 255, 255, /* the mask */
                0x20, 0, 0, 0, 255, 255, 255, 255, /* others */
        };
        _Alignas(uint32_t) unsigned char buffer[256];
        Acl acl = {};

        ck_assert_int_eq(acl_add(&acl, true, 2100), 0);
        ck_assert_int_eq(acl_add(&acl, false, 2002), 0);
        ck_assert_int_eq(acl_add(&acl, false, 2001), 0);
        ck_assert_int_eq(acl_add(&acl, false, 2002), 0);
        ck_assert_int_eq(acl_format(&acl, 0140640, buffer, sizeof(buffer)),
                        (ssize_t) sizeof(expected));
        ck_assert_mem_eq(buffer, expected, sizeof(expected));
        ck_assert_int_eq(acl_format(&acl, 0140640, buffer, sizeof(expected) - 1), -ENOSPC);
}
END_TEST

START_TEST(too_many) {
        Acl acl = {};

        for (uint32_t i = 0; i < ACL_NAMES_MAX; i++)
                ck_assert_int_eq(acl_add(&acl, false, 1000 - i), 0);
        ck_assert_int_eq(acl_add(&acl, false, 1000), 0);
        ck_assert_int_eq(acl_add(&acl, true, 1000), -E2BIG);
}
END_TEST

UNIT_MAIN("acl", bytes, too_many);
