/* SPDX-License-Identifier: MIT */
#pragma once
/* Account: who the pool's processes are, looked up once in the user database.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

typedef struct Account {
        char *user; /* its name, for $USER */
        char *home;
        uid_t uid;
        gid_t gid;
        gid_t *groups; /* supplementary ones, gid included, as initgroups(3) would set them */
        size_t n_groups;
} Account;

/* Looks up the account. user and group are names or numbers; a group of NULL is the user's own. Returns 0, -ESRCH when
 * there is no such user, -ENODATA when there is no such group, or another negative errno. */
int account_resolve(Account *ret, const char *user, const char *group);

/* Looks up the two numbers alone: for supplementary groups every service of nsswitch.conf is asked, PID 1 among them.
 * Returns as account_resolve(). */
int account_know(const char *user, const char *group, uid_t *ret_uid, gid_t *ret_gid);

/* Check whether a socket can be given to that name or number; a number needs no entry. Return as account_resolve(). */
int account_know_user(const char *user);
int account_know_group(const char *group);

/* Fills in the account that this process runs as, for a manager that is not root. Returns 0 or a negative errno. */
int account_of_self(Account *ret);

void account_done(Account *account);

/* Write the account into one buffer, which the caller frees, and read it back. Return 0 or a negative errno:
 * account_deserialize() returns -EBADMSG for what account_serialize() cannot have written. */
int account_serialize(const Account *account, char **ret, size_t *ret_size);
int account_deserialize(Account *ret, const char *data, size_t size);
