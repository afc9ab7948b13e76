/* SPDX-License-Identifier: MIT */
#include "manager/spawn/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

/* A number needs no entry in the database, as in php-fpm. */
static int find_user(const char *user, const struct passwd **ret) {
        uint64_t uid;

        errno = 0;
        if (parse_uint(user, &uid) >= 0 && uid < (uid_t) -1)
                *ret = getpwuid((uid_t) uid);
        else
                *ret = getpwnam(user);
        if (*ret)
                return 0;

        return errno == 0 || errno == ENOENT ? -ESRCH : -errno;
}

static int find_group(const char *group, gid_t *ret) {
        const struct group *entry;
        uint64_t gid;

        if (parse_uint(group, &gid) >= 0 && gid < (gid_t) -1) {
                *ret = (gid_t) gid;
                return 0;
        }

        errno = 0;
        entry = getgrnam(group);
        if (!entry)
                return errno == 0 || errno == ENOENT ? -ENODATA : -errno;

        *ret = entry->gr_gid;
        return 0;
}

static bool is_number(const char *name) {
        uint64_t number;

        return parse_uint(name, &number) >= 0 && number < (uid_t) -1;
}

int account_know_user(const char *user) {
        const struct passwd *entry;

        return is_number(user) ? 0 : find_user(user, &entry);
}

int account_know_group(const char *group) {
        gid_t gid;

        return find_group(group, &gid);
}

/* PID 1 would be asked whether the users that it makes up for running services (DynamicUser=) have groups of others.
 * They never have (its GetMemberships answers NoRecordFound), and while many pools start it is what all wait for. */
static int ask_groups(const Account *account, int *n) {
        static const char bypass[] =
                        "SYSTEMD_NSS_DYNAMIC_BYPASS"; /* of nss-systemd; others do not know it */
        bool is_ours = !getenv(bypass) && setenv(bypass, "1", 0) == 0;
        int r = getgrouplist(account->user, account->gid, account->groups, n);

        if (is_ours)
                (void) unsetenv(bypass);
        return r;
}

static int account_fill_groups(Account *account) {
        int n = 64;

        for (;;) {
                int capacity = n;

                free(account->groups);
                account->groups = calloc((size_t) n, sizeof(gid_t));
                if (!account->groups)
                        return -ENOMEM;

                if (ask_groups(account, &n) >= 0) {
                        account->n_groups = (size_t) n;
                        return 0;
                }
                if (n <= capacity)
                        return -EIO;
        }
}

static int account_fill(
                Account *account, const char *user, const char *home, uid_t uid, gid_t gid) {
        account->uid = uid;
        account->gid = gid;
        account->user = strdup(user);
        account->home = strdup(home);
        if (!account->user || !account->home)
                return -ENOMEM;

        return account_fill_groups(account);
}

typedef struct Identity {
        const struct passwd *entry; /* NULL: a number without one; getpwnam()'s own memory */
        uid_t uid;
        gid_t gid;
} Identity;

static int identify(Identity *ret, const char *user, const char *group) {
        const struct passwd *entry = NULL;
        uint64_t uid = 0;
        gid_t gid;
        int r;

        r = find_user(user, &entry);
        if (r == -ESRCH && group && parse_uint(user, &uid) >= 0 && uid < (uid_t) -1)
                r = 0;
        if (r < 0)
                return r;

        gid = entry ? entry->pw_gid : 0;
        if (group) {
                r = find_group(group, &gid);
                if (r < 0)
                        return r;
        }

        *ret = (Identity){ .entry = entry, .uid = entry ? entry->pw_uid : (uid_t) uid, .gid = gid };
        return 0;
}

int account_know(const char *user, const char *group, uid_t *ret_uid, gid_t *ret_gid) {
        Identity identity;
        int r;

        r = identify(&identity, user, group);
        if (r < 0)
                return r;

        *ret_uid = identity.uid;
        *ret_gid = identity.gid;
        return 0;
}

int account_resolve(Account *ret, const char *user, const char *group) {
        Account account = {};
        Identity identity;
        int r;

        r = identify(&identity, user, group);
        if (r < 0)
                return r;

        r = account_fill(&account, identity.entry ? identity.entry->pw_name : user,
                        identity.entry ? identity.entry->pw_dir : "/", identity.uid, identity.gid);
        if (r < 0) {
                account_done(&account);
                return r;
        }

        *ret = account;
        return 0;
}

int account_of_self(Account *ret) {
        const struct passwd *entry = getpwuid(geteuid());
        Account account = {};
        char number[16];
        int r;

        snprintf(number, sizeof(number), "%u", geteuid());
        r = account_fill(&account, entry ? entry->pw_name : number, entry ? entry->pw_dir : "/",
                        geteuid(), getegid());
        if (r < 0) {
                account_done(&account);
                return r;
        }

        *ret = account;
        return 0;
}

void account_done(Account *account) {
        free(account->user);
        free(account->home);
        free(account->groups);
        *account = (Account){};
}
