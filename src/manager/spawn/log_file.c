/* SPDX-License-Identifier: MIT */
#include "manager/spawn/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/value/log_target.h"
#include "manager/spawn/as_user.h"
#include "manager/spawn/root_path.h"

/* A fifo would make every worker wait for its reader. */
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

/* A folder and a name in it; AT_FDCWD and a path. */
typedef struct Place {
        int folder_fd;
        const char *name;
} Place;

static int open_file(const Place *place, int flags) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(place->folder_fd, place->name,
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

/* Root itself opens only paths that root alone can change. Elsewhere, and where root may not write because it cannot
 * override permissions, the file is opened with the rights of the pool's user, which a script of the pool has as
 * well. */
static int at_path(const PoolConfig *config, const char *path, int (*attempt)(void *userdata)) {
        Place whole = { .folder_fd = AT_FDCWD, .name = path };
        _cleanup_close_ int folder_fd = -EBADF;
        Place place;
        int r;

        if (!as_user_is_another(config))
                return attempt(&whole);

        folder_fd = root_path_open_folder(config, path, &place.name);
        place.folder_fd = folder_fd;
        r = folder_fd < 0 ? folder_fd : attempt(&place);
        if (r != -EXDEV && r != -EACCES)
                return r;

        return as_user_try(config, attempt, &whole);
}

static int make_file(void *userdata) {
        return open_file(userdata, O_CREAT);
}

int log_file_open(const PoolConfig *config, const char *path) {
        return at_path(config, path, make_file);
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

static int check_folder(const Place *place) {
        const char *slash = strrchr(place->name, '/');
        _cleanup_free_ char *folder = NULL;

        if (!slash)
                folder = strdup(".");
        else
                folder = slash > place->name ? strndup(place->name, (size_t) (slash - place->name))
                                             : strdup("/");
        if (!folder)
                return -ENOMEM;

        return faccessat(place->folder_fd, folder, W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
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
                advice = "; neither the pool's user may write there, nor root, who does not override "
                         "permissions and stays out of folders that others can write in";
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
        const Place *place = userdata;
        _cleanup_close_ int fd = open_file(place, 0);

        if (fd == -ENOENT)
                return check_folder(place);

        return fd < 0 ? fd : 0;
}

int log_file_check(const PoolConfig *config, const char *path, char why[static LOG_FILE_WHY_MAX]) {
        int r = at_path(config, path, try_file);

        if (r < 0)
                explain(r, path, why);

        return r;
}
