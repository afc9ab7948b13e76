/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { BYTES_MAX = 4 * 1024 * 1024 };

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

int migrate_file_sync(const char *folder) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || syncfs(fd) < 0 ? -errno : 0;
}
