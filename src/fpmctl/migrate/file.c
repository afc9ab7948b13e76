/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

enum {
        BYTES_MAX = 4 * 1024 * 1024,
        NAMES_MAX = 10000, /* under which a file can be put away */
};

char *migrate_file_read(const char *path) {
        char *text = NULL;
        size_t size;
        int r;

        r = fd_read_file(path, BYTES_MAX, &text, &size);
        if (r < 0) {
                errno = -r;
                return NULL;
        }

        return text;
}

mode_t migrate_file_mode(const char *path) {
        struct stat st;

        return stat(path, &st) < 0 ? 0600 : 0600 | (st.st_mode & 0044);
}

char *migrate_file_path(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int put_away_as(const char *path, const char *name) {
        struct stat st;

        if (renameat2(AT_FDCWD, path, AT_FDCWD, name, RENAME_NOREPLACE) == 0)
                return 0;
        if (errno != EINVAL && errno != ENOSYS)
                return -errno;

        /* The file system does not know this flag. */
        if (lstat(name, &st) == 0)
                return -EEXIST;

        return rename(path, name) < 0 ? -errno : 0;
}

int migrate_file_put_away(const char *path, const char *suffix, char **ret) {
        for (unsigned i = 1; i < NAMES_MAX; i++) {
                _cleanup_free_ char *name = NULL;
                char number[16] = "";
                int r;

                if (i > 1)
                        snprintf(number, sizeof(number), ".%u", i);
                if (asprintf(&name, "%s.%s%s", path, suffix, number) < 0)
                        return -ENOMEM;

                r = put_away_as(path, name);
                if (r == 0)
                        *ret = TAKE_PTR(name);
                if (r != -EEXIST)
                        return r;
        }

        return -EEXIST;
}

int migrate_file_sync(const char *folder) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || syncfs(fd) < 0 ? -errno : 0;
}
