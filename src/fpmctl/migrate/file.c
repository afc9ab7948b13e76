/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/file.h"

#include <errno.h>
#include <stdio.h>

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

char *migrate_file_path(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}
