/* SPDX-License-Identifier: MIT */
#include "php/files/script_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"

enum {
        RECENT_SEC = 600,
        READ_BYTES = 64 << 10,
};

/* --- to write --- */

static int by_use(const void *a, const void *b) {
        const ScriptUse *x = a, *y = b;

        return x->n_uses > y->n_uses ? -1 : x->n_uses < y->n_uses;
}

static bool is_in_use(const ScriptUse *use, int64_t now_sec) {
        return use->n_uses > 0 || use->last_sec > now_sec - RECENT_SEC;
}

int script_list_write(int fd, ScriptUse *uses, size_t n, int64_t now_sec) {
        size_t bytes = 0, n_written = 0;

        qsort(uses, n, sizeof(*uses), by_use);
        for (size_t i = 0; i < n && n_written < SCRIPT_LIST_MAX; i++) {
                size_t size = strlen(uses[i].path) + 1;
                int r;

                if (!is_in_use(&uses[i], now_sec))
                        continue;
                if (bytes + size > SCRIPT_LIST_BYTES_MAX)
                        return 0;

                r = fd_write_all(fd, uses[i].path, size);
                if (r < 0)
                        return r;

                bytes += size;
                n_written++;
        }

        return 0;
}

/* --- to read --- */

/* Returns 1: something is there, or the end; 0: it is too late; or a negative errno. */
static int wait_until(int fd, uint64_t until_usec) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        uint64_t now = clock_now_usec();
        int n;

        n = poll(&pollfd, 1, until_usec > now ? (int) ((until_usec - now) / 1000 + 1) : 0);
        return n < 0 ? -errno : n;
}

int script_list_read(int fd, uint64_t until_usec, char **ret, size_t *ret_size) {
        _cleanup_free_ char *list = malloc(SCRIPT_LIST_BYTES_MAX + 1);
        size_t size = 0;
        ssize_t n = 1;

        if (!list)
                return -ENOMEM;

        while (size < SCRIPT_LIST_BYTES_MAX && n > 0 && wait_until(fd, until_usec) > 0) {
                size_t room = SCRIPT_LIST_BYTES_MAX - size;

                n = read(fd, list + size, room < READ_BYTES ? room : READ_BYTES);
                if (n < 0)
                        return -errno;

                size += (size_t) n;
        }

        list[size] = '\0';
        *ret = TAKE_PTR(list);
        *ret_size = size;
        return 0;
}

const char *script_list_next(const char *list, size_t size, size_t *position) {
        while (*position < size) {
                const char *path = list + *position;
                size_t length = strlen(path);

                *position += length + 1;

                /* A path without its NUL is one that was cut. */
                if (*path == '/' && length < PATH_MAX && *position <= size)
                        return path;
        }

        return NULL;
}

bool script_list_is_file(const char *path) {
        _cleanup_close_ int fd =
                        open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}
