/* SPDX-License-Identifier: MIT */
#include "listen/socket_path.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
        LINKS_MAX = 40, /* the kernel's */
};

typedef struct Walk {
        char folder[PATH_MAX]; /* where we are, without links; "" is the root */
        char rest[PATH_MAX];   /* what is left of the path, the socket's own name at its end */
        unsigned n_links;
        SocketPathKind kind;
        char *why;
} Walk;

_printf_(2, 3) static int refuse(Walk *walk, const char *format, ...) {
        va_list arguments;

        walk->kind = SOCKET_PATH_UNSAFE;
        va_start(arguments, format);
        vsnprintf(walk->why, SOCKET_PATH_WHY_MAX, format, arguments);
        va_end(arguments);
        return -EPERM;
}

static int refuse_folder(Walk *walk, const struct stat *st) {
        const char *folder = *walk->folder ? walk->folder : "/";

        if (st->st_uid != 0)
                return refuse(walk,
                                "the folder %.160s belongs to uid %u, who could lead systemd elsewhere; write a "
                                "path in /run/fpmd, or chown root the folder",
                                folder, st->st_uid);

        return refuse(walk,
                        "the folder %.160s can be changed by others than root (mode %04o), who could put something "
                        "else in the socket's place; write a path in /run/fpmd, or chmod go-w the folder",
                        folder, st->st_mode & 07777);
}

/* For a folder that is not the last one. The last one may have another owner, who can remove the socket, but nothing
 * more. */
static int check_folder(Walk *walk, bool is_last) {
        struct stat st;

        if (stat(*walk->folder ? walk->folder : "/", &st) < 0)
                return -errno;

        if ((st.st_mode & 0022) != 0 || (st.st_uid != 0 && !is_last))
                return refuse_folder(walk, &st);
        if (st.st_uid != 0)
                walk->kind = SOCKET_PATH_OWNED;

        return 0;
}

/* The link stands in a folder that was checked, so root has made it. */
static int follow(Walk *walk, const char *link) {
        char target[PATH_MAX], joined[PATH_MAX * 2];
        ssize_t n;

        n = readlink(link, target, sizeof(target) - 1);
        if (n < 0)
                return -errno;

        target[n] = '\0';
        snprintf(joined, sizeof(joined), "%s/%s", target, walk->rest);
        if (++walk->n_links > LINKS_MAX || strlen(joined) >= sizeof(walk->rest))
                return -ELOOP;

        if (*target == '/')
                *walk->folder = '\0';
        strcpy(walk->rest, joined);
        return 0;
}

static void climb(Walk *walk) {
        char *slash = strrchr(walk->folder, '/');

        if (slash)
                *slash = '\0';
}

/* A path that fpmctl migrate has turned: a link to the socket beside it, PATH.fpmd. */
static bool is_moved(const char *path) {
        const char *name = strrchr(path, '/') + 1, suffix[] = ".fpmd";
        char target[NAME_MAX + 1];
        ssize_t n = readlink(path, target, sizeof(target));
        size_t size = strlen(name);

        return n > 0 && (size_t) n == size + strlen(suffix) && memcmp(target, name, size) == 0 &&
               memcmp(target + size, suffix, strlen(suffix)) == 0;
}

/* One component on. 1: it was the socket's own name, 0: go on. */
static int step(Walk *walk) {
        char *name = walk->rest + strspn(walk->rest, "/"), path[PATH_MAX * 2];
        size_t size = strcspn(name, "/");
        bool is_last = name[size + strspn(name + size, "/")] == '\0';
        struct stat st;
        int r;

        if (size == 1 && *name == '.' && !is_last) {
                memmove(walk->rest, name + size, strlen(name + size) + 1);
                return 0;
        }

        r = check_folder(walk, is_last);
        if (r < 0)
                return r;

        snprintf(path, sizeof(path), "%s/%.*s", walk->folder, (int) size, name);
        memmove(walk->rest, name + size, strlen(name + size) + 1);
        if (strcmp(path + strlen(walk->folder), "/..") == 0) {
                climb(walk);
                return 0;
        }
        if (strlen(path) >= sizeof(walk->folder))
                return -ENAMETOOLONG;

        if (lstat(path, &st) < 0)
                return -errno;
        if (is_last && !S_ISSOCK(st.st_mode) && !is_moved(path))
                return refuse(walk,
                                "%.160s is there and is no socket; name another path, or remove it",
                                path);
        if (is_last)
                return 1;
        if (S_ISLNK(st.st_mode))
                return follow(walk, path);

        strcpy(walk->folder, path);
        return 0;
}

SocketPathKind socket_path_check(const char *path, char why[static SOCKET_PATH_WHY_MAX]) {
        Walk walk = { .kind = SOCKET_PATH_SAFE, .why = why };
        int r;

        snprintf(walk.rest, sizeof(walk.rest), "%s", path);
        do
                r = step(&walk);
        while (r == 0);

        /* systemd makes a missing folder, as root's alone. */
        if (r < 0 && r != -ENOENT && walk.kind != SOCKET_PATH_UNSAFE)
                (void) refuse(&walk, "cannot look at the folders above it: %s", strerror(-r));

        return walk.kind;
}
