/* SPDX-License-Identifier: MIT */
#include "manager/spawn/folder_owner.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "manager/spawn/account.h"
#include "manager/spawn/privilege.h"

/* The folder that can still be seen refuses what comes behind it. */
static uid_t owner_of_last_seen(const char *path, gid_t *ret_gid) {
        uid_t owner = 0;

        for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                char folder[PATH_MAX];
                struct stat st;

                snprintf(folder, sizeof(folder), "%.*s", (int) (slash - path), path);
                if (stat(folder, &st) < 0)
                        break;

                owner = st.st_uid;
                *ret_gid = st.st_gid;
        }

        return owner;
}

int folder_owner_try(const char *path, int (*attempt)(void *userdata), void *userdata) {
        Account owner = {};
        int r;

        r = attempt(userdata);
        if (r != -EACCES || *path != '/' || !privilege_can_switch_user())
                return r;

        owner.uid = owner_of_last_seen(path, &owner.gid);
        return owner.uid == 0 ? r : privilege_try_files(&owner, attempt, userdata);
}

typedef struct Look {
        const char *path;
        struct stat *st;
} Look;

static int look(void *userdata) {
        const Look *asked = userdata;

        return stat(asked->path, asked->st) < 0 ? -errno : 0;
}

int folder_owner_stat(const char *path, struct stat *ret) {
        return folder_owner_try(path, look, &(Look){ .path = path, .st = ret });
}
