/* SPDX-License-Identifier: MIT */
#include "base/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

enum {
        LINKS_MAX = 40, /* as the kernel */
};

typedef struct Walk {
        int fd;                /* where we are */
        char folder[PATH_MAX]; /* the same as a path; "" is the root */
        char rest[PATH_MAX];   /* what is still to be walked */
        unsigned n_links;
} Walk;

static void walk_done(Walk *walk) {
        fd_close(walk->fd);
}

static int start_at_root(Walk *walk) {
        int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;

        fd_close(walk->fd);
        walk->fd = fd;
        *walk->folder = '\0';
        return 0;
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
        return *target == '/' ? start_at_root(walk) : 0;
}

static int add_name(Walk *walk, const char *name) {
        size_t used = strlen(walk->folder);
        char *slash = strrchr(walk->folder, '/');

        if (strcmp(name, "..") == 0) {
                if (slash)
                        *slash = '\0';
                return 0;
        }
        if (used + 1 + strlen(name) >= sizeof(walk->folder))
                return -ENAMETOOLONG;

        snprintf(walk->folder + used, sizeof(walk->folder) - used, "/%s", name);
        return 0;
}

static int enter(Walk *walk, const char *name) {
        _cleanup_close_ int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode))
                return follow(walk, fd);
        if (!S_ISDIR(st.st_mode))
                return -ENOTDIR;

        r = add_name(walk, name);
        if (r < 0)
                return r;

        fd_close(walk->fd);
        walk->fd = TAKE_FD(fd);
        return 0;
}

static int ask_judge(const Walk *walk, bool is_last, PathJudge judge, void *userdata) {
        PathFolder folder = {
                .path = *walk->folder ? walk->folder : "/",
                .fd = walk->fd,
                .is_last = is_last,
        };

        return fstat(walk->fd, &folder.st) < 0 ? -errno : judge(&folder, userdata);
}

/* Takes the next name away from the rest and returns its length; 0: there is none. */
static int take_name(Walk *walk, char name[static NAME_MAX + 1]) {
        const char *p = walk->rest + strspn(walk->rest, "/");
        size_t n = strcspn(p, "/");

        if (n > NAME_MAX)
                return -ENAMETOOLONG;

        memcpy(name, p, n);
        name[n] = '\0';
        memmove(walk->rest, p + n, strlen(p + n) + 1);
        return (int) n;
}

/* To the end of the rest, which has no last name any more. */
static int walk_on(Walk *walk, PathJudge judge, void *userdata) {
        char name[NAME_MAX + 1];
        int n, r;

        for (;;) {
                n = take_name(walk, name);
                if (n < 0)
                        return n;
                if (strcmp(name, ".") == 0)
                        continue;

                r = ask_judge(walk, n == 0, judge, userdata);
                if (r < 0 || n == 0)
                        return r;

                r = enter(walk, name);
                if (r < 0)
                        return r;
        }
}

int path_walk(const char *path, PathJudge judge, void *userdata, const char **ret_name) {
        _cleanup_(walk_done) Walk walk = { .fd = -EBADF };
        const char *slash = strrchr(path, '/');
        int r;

        if (*path != '/')
                return -EINVAL;
        if ((size_t) (slash - path) >= sizeof(walk.rest))
                return -ENAMETOOLONG;

        memcpy(walk.rest, path, (size_t) (slash - path));
        r = start_at_root(&walk);
        if (r >= 0)
                r = walk_on(&walk, judge, userdata);
        if (r < 0)
                return r;

        *ret_name = slash + 1;
        return TAKE_FD(walk.fd);
}

/* A mask of the list shows as the group's bits, and hides who is meant. */
bool path_has_acl(int fd) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        if (getxattr(path, "system.posix_acl_access", NULL, 0) >= 0)
                return true;

        return errno != ENODATA && errno != EOPNOTSUPP;
}

bool path_is_roots(int fd, const struct stat *st) {
        if (st->st_uid != 0 || st->st_mode & S_IWOTH)
                return false;

        return !(st->st_mode & S_IWGRP) || (st->st_gid == 0 && !path_has_acl(fd));
}
