/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum { BYTES_MAX = 4 * 1024 * 1024 };

int migrate_file_write(const char *path, const char *text, mode_t mode) {
        _cleanup_free_ char *temporary = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (asprintf(&temporary, "%s.new", path) < 0)
                return -ENOMEM;

        (void) unlink(temporary);
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return -errno;

        r = fd_write_all(fd, text, strlen(text));
        if (r >= 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlink(temporary);

        return r;
}

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

char *migrate_file_path(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}
