/* SPDX-License-Identifier: MIT */
#include "manager/spawn/cache_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/base/unit_folder.h"
#include "manager/spawn/privilege.h"

#define FOLDER "opcache"
#define VARIABLE "CACHE_DIRECTORY"

char *cache_folder_path(const char *pool, uid_t uid) {
        _cleanup_free_ char *folder = unit_folder(VARIABLE, pool);
        char *path;

        return folder && asprintf(&path, "%s/%ju/" FOLDER, folder, (uintmax_t) uid) >= 0 ? path
                                                                                         : NULL;
}

static int open_folder(int dir_fd, const char *name) {
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static int make_last(void *userdata) {
        const int *fd = userdata;

        return mkdirat(*fd, FOLDER, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* Without CAP_CHOWN the folder can be given to the user only if the user makes it. For that moment the one above it can
 * be written by everybody, under a name that nobody knows. */
static int make_for_user(int parent_fd, const char *name, const Account *account) {
        _cleanup_close_ int fd = -EBADF;
        char secret[40];
        uint64_t number[2];
        int r;

        if (getrandom(number, sizeof(number), 0) != sizeof(number))
                return -EIO;

        snprintf(secret, sizeof(secret), ".%016" PRIx64 "%016" PRIx64, number[0], number[1]);
        if (mkdirat(parent_fd, secret, 0700) < 0)
                return -errno;

        fd = open_folder(parent_fd, secret);
        r = fd < 0 ? fd : fchmod(fd, 0733) < 0 ? -errno : 0;
        if (r >= 0)
                r = privilege_try_files(account, make_last, &fd);
        if (r >= 0 && fchmod(fd, 0711) < 0)
                r = -errno;
        if (r >= 0 && renameat(parent_fd, secret, parent_fd, name) < 0)
                r = -errno;
        if (r < 0) {
                (void) unlinkat(fd, FOLDER, AT_REMOVEDIR);
                (void) unlinkat(parent_fd, secret, AT_REMOVEDIR);
        }

        return r;
}

/* A manager that is the pool's user already. */
static int make_for_self(int parent_fd, const char *name) {
        _cleanup_close_ int fd = -EBADF;

        if (mkdirat(parent_fd, name, 0711) < 0 && errno != EEXIST)
                return -errno;

        fd = open_folder(parent_fd, name);
        return fd < 0 ? fd : make_last(&fd);
}

int cache_folder_make(const char *pool, const Account *account) {
        _cleanup_free_ char *path = unit_folder(VARIABLE, pool);
        _cleanup_close_ int fd = -EBADF;
        char name[24];
        struct stat st;

        if (!path)
                return 0;

        fd = open_folder(AT_FDCWD, path);
        if (fd < 0)
                return fd;

        snprintf(name, sizeof(name), "%ju", (uintmax_t) account->uid);
        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
                return 0;

        return privilege_can_switch_user() ? make_for_user(fd, name, account)
                                           : make_for_self(fd, name);
}
