/* SPDX-License-Identifier: MIT */
/* Proves that an account comes out of a buffer as it went in, and that nothing else does. */

#include "manager/spawn/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "unit.h"

static gid_t groups[] = { 2001, 2100, 4 };
static const Account alice = {
        .user = (char *) "alice",
        .home = (char *) "/srv/home/alice",
        .uid = 2001,
        .gid = 2002,
        .groups = groups,
        .n_groups = 3,
};

START_TEST(there_and_back) {
        _cleanup_(account_done) Account back = {};
        _cleanup_free_ char *data = NULL;
        size_t size;

        ck_assert_int_eq(account_serialize(&alice, &data, &size), 0);
        ck_assert_int_eq(account_deserialize(&back, data, size), 0);
        ck_assert_str_eq(back.user, alice.user);
        ck_assert_str_eq(back.home, alice.home);
        ck_assert_uint_eq(back.uid, alice.uid);
        ck_assert_uint_eq(back.gid, alice.gid);
        ck_assert_uint_eq(back.n_groups, 3);
        ck_assert_mem_eq(back.groups, groups, sizeof(groups));
}
END_TEST

START_TEST(what_is_cut_or_longer_is_refused) {
        _cleanup_free_ char *data = NULL, *longer = NULL;
        Account back = {};
        size_t size;

        ck_assert_int_eq(account_serialize(&alice, &data, &size), 0);
        for (size_t n = 0; n < size; n++)
                ck_assert_int_eq(account_deserialize(&back, data, n), -EBADMSG);

        longer = calloc(1, size + 1);
        ck_assert_ptr_nonnull(longer);
        memcpy(longer, data, size);
        ck_assert_int_eq(account_deserialize(&back, longer, size + 1), -EBADMSG);

        /* The user takes the bytes of the home directory, of which nothing is left. */
        memcpy(longer,
                        (uint32_t[]){ 2001, 2002, 3, strlen("alice") + 1 + strlen(alice.home) + 1,
                                        0 },
                        5 * sizeof(uint32_t));
        ck_assert_int_eq(account_deserialize(&back, longer, size), -EBADMSG);

        memcpy(longer, data, size);
        longer[size - strlen(alice.home) - 2] = 'x'; /* the end of the user */
        ck_assert_int_eq(account_deserialize(&back, longer, size), -EBADMSG);

        data[size - 1] = 'x';
        ck_assert_int_eq(account_deserialize(&back, data, size), -EBADMSG);
        ck_assert_ptr_null(back.user);
}
END_TEST

UNIT_MAIN("account-serial", there_and_back, what_is_cut_or_longer_is_refused);
