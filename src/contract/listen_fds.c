/* SPDX-License-Identifier: MIT */
#include "contract/listen_fds.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/parse.h"

int listen_fds_parse(ListenFds *ret, const char *pid, const char *n, char *names, int own_pid) {
        ListenFds fds = {};
        uint64_t value;

        if (!pid || !n || parse_uint(pid, &value) < 0 || value != (uint64_t) own_pid) {
                *ret = fds;
                return 0;
        }
        if (parse_uint(n, &value) < 0)
                return -EINVAL;
        if (value > LISTEN_FDS_MAX)
                return -E2BIG;

        for (; fds.n < (int) value; fds.n++) {
                fds.names[fds.n] = strsep(&names, ":");
                if (!fds.names[fds.n])
                        return -EINVAL;
        }
        if (names)
                return -EINVAL; /* more names than fds */

        *ret = fds;
        return 0;
}

int listen_fds_receive(ListenFds *ret, char **ret_text) {
        const char *names = getenv("LISTEN_FDNAMES");
        _cleanup_free_ char *text = strdup(names ? names : "");
        ListenFds fds;
        int r;

        if (!text)
                return -ENOMEM;

        r = listen_fds_parse(&fds, getenv("LISTEN_PID"), getenv("LISTEN_FDS"), text, getpid());
        if (r < 0)
                return r;

        (void) unsetenv("LISTEN_PID");
        (void) unsetenv("LISTEN_FDS");
        (void) unsetenv("LISTEN_FDNAMES");
        for (int i = 0; i < fds.n; i++) {
                r = fd_set_cloexec(LISTEN_FDS_FIRST + i, true);
                if (r < 0)
                        return r;
        }

        *ret = fds;
        *ret_text = TAKE_PTR(text);
        return 0;
}
