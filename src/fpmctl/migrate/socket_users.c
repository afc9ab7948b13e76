/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/socket_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void process_list_children(ProcessList *ret, pid_t parent) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        char path[64], *rest;
        size_t size;

        *ret = (ProcessList){};
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int) parent, (int) parent);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fd_read_all(fd, TABLE_BYTES_MAX, &text, &size) < 0)
                return;

        rest = text;
        for (const char *word; (word = strsep(&rest, " "));) {
                pid_t *grown;

                if (atoi(word) <= 0)
                        continue;

                grown = reallocarray(ret->pids, ret->n_pids + 1, sizeof(*grown));
                if (!grown)
                        return;
                ret->pids = grown;
                grown[ret->n_pids++] = atoi(word);
        }
}

bool process_list_lives(const ProcessList *list) {
        for (size_t i = 0; i < list->n_pids; i++) {
                char path[32];

                snprintf(path, sizeof(path), "/proc/%d", (int) list->pids[i]);
                if (access(path, F_OK) == 0)
                        return true;
        }

        return false;
}

void process_list_done(ProcessList *list) {
        free(list->pids);
        *list = (ProcessList){};
}
