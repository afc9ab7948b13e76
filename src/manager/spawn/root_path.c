/* SPDX-License-Identifier: MIT */
#include "manager/spawn/root_path.h"

#include <errno.h>

#include "base/path_walk.h"
#include "manager/spawn/account.h"

enum {
        /* Groups below are the system's (SYS_GID_MAX of login.defs): Ubuntu's /var/log belongs to syslog's. */
        SYSTEM_GROUPS_MAX = 1000,
};

static bool user_is_in(const PoolConfig *config, gid_t gid) {
        _cleanup_(account_done) Account account = {};

        if (account_resolve(&account, config->user, config->group) < 0 || account.gid == gid)
                return true;

        for (size_t i = 0; i < account.n_groups; i++)
                if (account.groups[i] == gid)
                        return true;

        return false;
}

static bool is_system_groups(const PoolConfig *config, const PathFolder *folder) {
        const struct stat *st = &folder->st;

        return st->st_uid == 0 && !(st->st_mode & S_IWOTH) && st->st_gid < SYSTEM_GROUPS_MAX &&
               !path_has_acl(folder->fd) && !user_is_in(config, st->st_gid);
}

static int judge(const PathFolder *folder, void *userdata) {
        return path_is_roots(folder->fd, &folder->st) || is_system_groups(userdata, folder)
                               ? 0
                               : -EXDEV;
}

int root_path_open_folder(const PoolConfig *config, const char *path, const char **ret_name) {
        return path_walk(path, judge, (void *) config, ret_name);
}
