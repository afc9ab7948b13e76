/* SPDX-License-Identifier: MIT */
#include "listen/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path_walk.h"

typedef struct Verdict {
        SocketPathKind kind;
        char *why;
} Verdict;

_printf_(2, 3) static int refuse(Verdict *verdict, const char *format, ...) {
        va_list arguments;

        verdict->kind = SOCKET_PATH_UNSAFE;
        va_start(arguments, format);
        vsnprintf(verdict->why, SOCKET_PATH_WHY_MAX, format, arguments);
        va_end(arguments);
        return -EPERM;
}

static int refuse_folder(Verdict *verdict, const PathFolder *folder) {
        if (folder->st.st_uid != 0)
                return refuse(verdict,
                                "the folder %.160s belongs to uid %u, who could lead systemd elsewhere; write a "
                                "path in /run/fpmd, or chown root the folder",
                                folder->path, folder->st.st_uid);

        return refuse(verdict,
                        "the folder %.160s can be changed by others than root (mode %04o), who could put something "
                        "else in the socket's place; write a path in /run/fpmd, or chmod go-w the folder",
                        folder->path, folder->st.st_mode & 07777);
}

/* The last one may have another owner: he can take the socket away, and no more. Whether one is there, root sees only
 * if it overrides permissions, as systemd and fpmd-generator do; the manager does not. */
static int judge(const PathFolder *folder, void *userdata) {
        Verdict *verdict = userdata;

        if ((folder->st.st_mode & 0022) != 0 || (folder->st.st_uid != 0 && !folder->is_last))
                return refuse_folder(verdict, folder);
        if (folder->st.st_uid != 0)
                verdict->kind = SOCKET_PATH_OWNED;

        return 0;
}

/* A path that fpmctl migrate has turned: a link to the socket beside it, PATH.fpmd. */
static bool is_moved(int folder_fd, const char *name) {
        static const char suffix[] = ".fpmd";
        char target[NAME_MAX + 1];
        ssize_t n = readlinkat(folder_fd, name, target, sizeof(target));
        size_t size = strlen(name);

        return n > 0 && (size_t) n == size + strlen(suffix) && memcmp(target, name, size) == 0 &&
               memcmp(target + size, suffix, strlen(suffix)) == 0;
}

static int check(const char *path, Verdict *verdict) {
        const char *name;
        _cleanup_close_ int fd = path_walk(path, judge, verdict, &name);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return verdict->kind == SOCKET_PATH_OWNED && errno == EACCES ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode) && !is_moved(fd, name))
                return refuse(verdict,
                                "%.160s is there and is no socket; name another path, or remove it",
                                path);

        return 0;
}

SocketPathKind socket_path_check(const char *path, char why[static SOCKET_PATH_WHY_MAX]) {
        Verdict verdict = { .kind = SOCKET_PATH_SAFE, .why = why };
        int r = check(path, &verdict);

        /* What is missing is made by systemd, root's alone. */
        if (r < 0 && r != -ENOENT && verdict.kind != SOCKET_PATH_UNSAFE)
                (void) refuse(&verdict, "cannot look at the folders above it: %s", strerror(-r));

        return verdict.kind;
}
