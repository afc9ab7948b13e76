/* SPDX-License-Identifier: MIT */
#include "manager/spawn/as_user.h"

#include <errno.h>

#include "manager/spawn/account.h"
#include "manager/spawn/privilege.h"

bool as_user_is_another(const PoolConfig *config) {
        return config->user && privilege_can_switch_user();
}

/* To look up the groups asks PID 1 among others, and they are seldom needed. */
int as_user_try(const PoolConfig *config, int (*attempt)(void *userdata), void *userdata) {
        _cleanup_(account_done) Account whole = {};
        Account account = {};
        int r;

        r = account_know(config->user, config->group, &account.uid, &account.gid);
        if (r >= 0)
                r = privilege_try_files(&account, attempt, userdata);
        if (r != -EACCES)
                return r;

        r = account_resolve(&whole, config->user, config->group);
        return r < 0 ? r : privilege_try_files(&whole, attempt, userdata);
}
