/* SPDX-License-Identifier: MIT */
/* An account as one buffer, for the way from a helper to the manager. */

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/spawn/account.h"

/* Behind it the groups, then user and home, each with its NUL. */
typedef struct Head {
        uid_t uid;
        gid_t gid;
        uint32_t n_groups, user_size, home_size;
} Head;

int account_serialize(const Account *account, char **ret, size_t *ret_size) {
        Head head = {
                .uid = account->uid,
                .gid = account->gid,
                .n_groups = (uint32_t) account->n_groups,
                .user_size = (uint32_t) strlen(account->user) + 1,
                .home_size = (uint32_t) strlen(account->home) + 1,
        };
        size_t groups_size = account->n_groups * sizeof(gid_t);
        size_t size = sizeof(head) + groups_size + head.user_size + head.home_size;
        char *data = malloc(size), *p = data;

        if (!data)
                return -ENOMEM;

        p = mempcpy(p, &head, sizeof(head));
        p = mempcpy(p, account->groups, groups_size);
        p = mempcpy(p, account->user, head.user_size);
        memcpy(p, account->home, head.home_size);
        *ret = data;
        *ret_size = size;
        return 0;
}

static bool fits(const Head *head, size_t size) {
        return head->n_groups <= NGROUPS_MAX && head->user_size > 0 && head->home_size > 0 &&
               size == sizeof(*head) + head->n_groups * sizeof(gid_t) + (size_t) head->user_size +
                                               (size_t) head->home_size;
}

static int fill(Account *account, const Head *head, const char *groups) {
        const char *user = groups + head->n_groups * sizeof(gid_t), *home = user + head->user_size;

        if (user[head->user_size - 1] != '\0' || home[head->home_size - 1] != '\0')
                return -EBADMSG;

        account->groups = calloc(head->n_groups + 1, sizeof(gid_t));
        account->user = strdup(user);
        account->home = strdup(home);
        if (!account->groups || !account->user || !account->home)
                return -ENOMEM;

        memcpy(account->groups, groups, head->n_groups * sizeof(gid_t));
        return 0;
}

int account_deserialize(Account *ret, const char *data, size_t size) {
        Account account = {};
        Head head;
        int r;

        if (size < sizeof(head))
                return -EBADMSG;

        memcpy(&head, data, sizeof(head));
        if (!fits(&head, size))
                return -EBADMSG;

        account = (Account){ .uid = head.uid, .gid = head.gid, .n_groups = head.n_groups };
        r = fill(&account, &head, data + sizeof(head));
        if (r < 0) {
                account_done(&account);
                return r;
        }

        *ret = account;
        return 0;
}
