/* SPDX-License-Identifier: MIT */
#include "manager/spawn/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/log_target.h"
#include "manager/spawn/as_user.h"

/* A fifo would make every worker wait for whoever reads it. */
static int check_kind(int fd) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISCHR(st.st_mode))
                return 0; /* /dev/null */
        if (!S_ISREG(st.st_mode))
                return -EBADFD;

        return st.st_nlink == 1 ? 0 : -EMLINK;
}

static int open_file(const char *path, int flags) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open(path,
                        O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
                                        flags,
                        0600);
        if (fd < 0)
                return errno == ENXIO ? -EBADFD : -errno;

        r = check_kind(fd);
        if (r < 0)
                return r;

        r = fd_set_nonblock(fd, false);
        return r < 0 ? r : TAKE_FD(fd);
}

static int make_file(void *path) {
        return open_file(path, O_CREAT);
}

int log_file_open(const PoolConfig *config, const char *path) {
        int fd = open_file(path, O_CREAT);

        if (fd != -EACCES || !as_user_is_another(config))
                return fd;

        return as_user_try(config, make_file, (void *) (uintptr_t) path);
}

int log_file_open_target(const PoolConfig *config, const char *target, int *ret_fd) {
        int fd;

        if (!target || log_target_is_journal(target)) {
                *ret_fd = -EBADF;
                return 0;
        }

        fd = log_file_open(config, target);
        if (fd < 0)
                return fd;

        *ret_fd = fd;
        return 0;
}

static int check_folder(const char *path) {
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *folder = NULL;

        folder = slash && slash > path ? strndup(path, (size_t) (slash - path)) : strdup("/");
        if (!folder)
                return -ENOMEM;

        return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static void explain(int error, const char *path, char why[static LOG_FILE_WHY_MAX]) {
        const char *advice = "";

        switch (error) {
        case -ENOENT:
        case -ENOTDIR:
                advice = "; create its folder or name another";
                break;
        case -EACCES:
        case -EPERM:
                advice = "; neither root without the right to override permissions nor the pool's user may "
                         "write there";
                break;
        case -EROFS:
                advice = "; name a path that the service may write, such as in /var/log";
                break;
        case -ELOOP:
                snprintf(why, LOG_FILE_WHY_MAX, "'%.120s' is a symbolic link; name the file itself",
                                path);
                return;
        case -EMLINK:
                snprintf(why, LOG_FILE_WHY_MAX,
                                "'%.120s' has another name too (a hard link); name another file",
                                path);
                return;
        case -EISDIR:
        case -EBADFD:
                snprintf(why, LOG_FILE_WHY_MAX, "'%.120s' is not a file", path);
                return;
        }

        snprintf(why, LOG_FILE_WHY_MAX, "'%.120s': %s%s", path, strerror(-error), advice);
}

static int try_file(void *userdata) {
        const char *path = userdata;
        _cleanup_close_ int fd = open_file(path, 0);

        if (fd == -ENOENT)
                return check_folder(path);

        return fd < 0 ? fd : 0;
}

int log_file_check(const PoolConfig *config, const char *path, char why[static LOG_FILE_WHY_MAX]) {
        void *userdata = (void *) (uintptr_t) path;
        int r = try_file(userdata);

        if (r == -EACCES && as_user_is_another(config))
                r = as_user_try(config, try_file, userdata);
        if (r < 0)
                explain(r, path, why);

        return r;
}
