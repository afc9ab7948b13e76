/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/socket_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

enum {
        TABLE_BYTES_MAX = 64 * 1024 * 1024,
        STATE_CONNECTING = 2, /* linux/net.h; of a socket that nobody has accepted */
        FLAG_LISTENS = 0x10000,
};

/* "0000000000000000: 00000003 00000000 00010000 0001 01 12345 /run/x.sock" */
size_t socket_count_users(const char *text, const char *path, bool only_queued) {
        size_t n = 0;

        for (const char *line = text; line && *line; line = strchr(line, '\n')) {
                unsigned flags, state;
                int at = 0;
                size_t size;

                line += *line == '\n';
                if (sscanf(line, "%*[^:]: %*x %*x %x %*x %x %*u %n", &flags, &state, &at) < 2 ||
                                at == 0)
                        continue;

                size = strcspn(line + at, "\n");
                if (size == strlen(path) && memcmp(line + at, path, size) == 0 &&
                                !(flags & FLAG_LISTENS) &&
                                (!only_queued || state == STATE_CONNECTING))
                        n++;
        }

        return n;
}

static bool any(const char *path, bool only_queued) {
        _cleanup_close_ int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        size_t size;

        return fd >= 0 && fd_read_all(fd, TABLE_BYTES_MAX, &text, &size) >= 0 &&
               socket_count_users(text, path, only_queued) > 0;
}

bool socket_has_users(const char *path) {
        return any(path, false);
}

bool socket_has_queue(const char *path) {
        return any(path, true);
}
