/* SPDX-License-Identifier: MIT */
#include "manager/spawn/root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/spawn/account.h"

enum {
        LINKS_MAX = 40, /* as the kernel */

        /* Groups below are the system's (SYS_GID_MAX of login.defs): Ubuntu's /var/log belongs to syslog's. */
        SYSTEM_GROUPS_MAX = 1000,
};

typedef struct Walk {
        const PoolConfig *config;
        int fd;              /* where we are */
        char rest[PATH_MAX]; /* what is still to be walked */
        unsigned n_links;
} Walk;

/* The mask of an ACL shows as the group's bits, and does not say which users are meant. */
static bool has_acl(int fd) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        if (getxattr(path, "system.posix_acl_access", NULL, 0) >= 0)
                return true;

        return errno != ENODATA && errno != EOPNOTSUPP;
}

static bool user_is_in(const PoolConfig *config, gid_t gid) {
        _cleanup_(account_done) Account account = {};

        if (account_resolve(&account, config->user, config->group) < 0 || account.gid == gid)
                return true;

        for (size_t i = 0; i < account.n_groups; i++)
                if (account.groups[i] == gid)
                        return true;

        return false;
}

static bool is_roots(const PoolConfig *config, int fd, const struct stat *st) {
        if (st->st_uid != 0 || st->st_mode & S_IWOTH)
                return false;
        if (!(st->st_mode & S_IWGRP))
                return true;

        if (has_acl(fd))
                return false;

        return st->st_gid == 0 ||
               (st->st_gid < SYSTEM_GROUPS_MAX && !user_is_in(config, st->st_gid));
}

static int enter(Walk *walk, int fd) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!is_roots(walk->config, fd, &st))
                return -EXDEV;

        fd_close(walk->fd);
        walk->fd = fd;
        return 0;
}

static int enter_root(Walk *walk) {
        _cleanup_close_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;

        r = enter(walk, fd);
        if (r >= 0)
                TAKE_FD(fd);
        return r;
}

static int follow(Walk *walk, int link_fd) {
        char target[PATH_MAX], rest[2 * PATH_MAX];
        ssize_t n = readlinkat(link_fd, "", target, sizeof(target) - 1);

        if (n < 0)
                return -errno;
        if (walk->n_links++ >= LINKS_MAX)
                return -ELOOP;

        target[n] = '\0';
        snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest);
        if (strlen(rest) >= sizeof(walk->rest))
                return -ENAMETOOLONG;

        strcpy(walk->rest, rest);
        return *target == '/' ? enter_root(walk) : 0;
}

static int step(Walk *walk, const char *name) {
        _cleanup_close_ int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode))
                return follow(walk, fd);
        if (!S_ISDIR(st.st_mode))
                return -ENOTDIR;

        r = enter(walk, fd);
        if (r >= 0)
                TAKE_FD(fd);
        return r;
}

/* Takes the next name off the rest and opens it. Returns 1, 0 when there is none, or a negative errno. */
static int walk_on(Walk *walk) {
        const char *p = walk->rest + strspn(walk->rest, "/");
        size_t n = strcspn(p, "/");
        char name[NAME_MAX + 1];
        int r;

        if (n == 0)
                return 0;
        if (n > NAME_MAX)
                return -ENAMETOOLONG;

        memcpy(name, p, n);
        name[n] = '\0';
        memmove(walk->rest, p + n, strlen(p + n) + 1);
        r = step(walk, name);
        return r < 0 ? r : 1;
}

int root_path_open_folder(const PoolConfig *config, const char *path, const char **ret_name) {
        const char *slash = strrchr(path, '/');
        Walk walk = { .config = config, .fd = -EBADF };
        int r;

        if (*path != '/')
                return -EINVAL;
        if ((size_t) (slash - path) >= sizeof(walk.rest))
                return -ENAMETOOLONG;

        memcpy(walk.rest, path, (size_t) (slash - path));
        r = enter_root(&walk);
        do
                r = r < 0 ? r : walk_on(&walk);
        while (r > 0);
        if (r < 0) {
                fd_close(walk.fd);
                return r;
        }

        *ret_name = slash + 1;
        return walk.fd;
}
