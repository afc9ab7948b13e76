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

/* user and group are names or numbers; group NULL: the user's own. 0, -ESRCH: no such user,
 * -ENODATA: no such group, or negative errno. */
int account_resolve(Account *ret, const char *user, const char *group);

/* Who that is and no more: the supplementary groups are a question to every service of nsswitch.conf, PID 1
 * among them. Returns as account_resolve(). */
int account_know(const char *user, const char *group, uid_t *ret_uid, gid_t *ret_gid);

/* Whether a socket can be given to that name or number. 0, -ESRCH, -ENODATA or negative errno as above; a number
 * needs no entry. */
int account_know_user(const char *user);
int account_know_group(const char *group);

/* The account that this process has already, for a manager that is not root. */
int account_of_self(Account *ret);

void account_done(Account *account);

/* As one buffer, the caller's to free, and back: deserialize() refuses what serialize() cannot have written with
 * -EBADMSG. 0 or negative errno. */
int account_serialize(const Account *account, char **ret, size_t *ret_size);
int account_deserialize(Account *ret, const char *data, size_t size);
