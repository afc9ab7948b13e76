/* SPDX-License-Identifier: MIT */
#include "php/zygote/inherited.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static int inherited_add(Inherited *inherited, const char *name, int fd) {
        const struct {
                const char *name;
                int *fd;
        } ones[] = {
                { "control", &inherited->control_fd },
                { "config", &inherited->config_fd },
                { "board", &inherited->board_fd },
                { "control-page", &inherited->control_page_fd },
                { "wake", &inherited->wake_fd },
                { "root", &inherited->root_fd },
                { "status", &inherited->status_fd },
                { "journal", &inherited->journal_fd },
                { "access", &inherited->access_fd },
                { "scripts", &inherited->scripts_fd },
                { "handoff-in", &inherited->handoff_in_fd },
                { "handoff-out", &inherited->handoff_out_fd },
        };

        if (strcmp(name, "listen") == 0) {
                if (inherited->n_listen_fds >= LISTENERS_MAX)
                        return -E2BIG;

                inherited->listen_fds[inherited->n_listen_fds++] = fd;
                return 0;
        }

        for (size_t i = 0; i < ELEMENTSOF(ones); i++)
                if (strcmp(name, ones[i].name) == 0) {
                        *ones[i].fd = fd;
                        return 0;
                }

        /* A newer manager may pass more. */
        close(fd);
        return 0;
}

int inherited_receive(Inherited *ret) {
        _cleanup_free_ char *text = NULL;
        ListenFds fds;
        Inherited inherited = {
                .control_fd = -EBADF,
                .config_fd = -EBADF,
                .board_fd = -EBADF,
                .control_page_fd = -EBADF,
                .wake_fd = -EBADF,
                .root_fd = -EBADF,
                .status_fd = -EBADF,
                .journal_fd = -EBADF,
                .access_fd = -EBADF,
                .scripts_fd = -EBADF,
                .handoff_in_fd = -EBADF,
                .handoff_out_fd = -EBADF,
        };
        int r;

        r = listen_fds_receive(&fds, &text);
        if (r < 0)
                return r;

        for (int i = 0; i < fds.n; i++) {
                r = inherited_add(&inherited, fds.names[i], LISTEN_FDS_FIRST + i);
                if (r < 0)
                        return r;
        }

        if (inherited.n_listen_fds == 0 || inherited.control_fd < 0 || inherited.config_fd < 0 ||
                        inherited.board_fd < 0 || inherited.control_page_fd < 0 ||
                        inherited.wake_fd < 0 || inherited.handoff_in_fd < 0 ||
                        inherited.handoff_out_fd < 0)
                return -ENOENT;

        *ret = inherited;
        return 0;
}
