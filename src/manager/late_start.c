/* SPDX-License-Identifier: MIT */
#include "manager/late_start.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/generation/pool_check.h"

enum {
        LOOK_MSEC = 500,
        LOOKS_MAX = 20,
        SOCKETS_MAX = 256,
};

/* Not taken by sd_listen_fds(), which is for later. */
static bool connection_waits(void) {
        const char *text = getenv("LISTEN_FDS");
        struct pollfd sockets[SOCKETS_MAX];
        uint64_t n = 0;

        if (!text || parse_uint(text, &n) < 0)
                return false;
        if (n > SOCKETS_MAX)
                n = SOCKETS_MAX;

        for (uint64_t i = 0; i < n; i++)
                sockets[i] = (struct pollfd){ .fd = SD_LISTEN_FDS_START + (int) i,
                        .events = POLLIN };

        return poll(sockets, n, 0) > 0;
}

/* One that is not blocked has ended this process. */
static bool is_to_stop(void) {
        sigset_t pending;

        return sigpending(&pending) >= 0 &&
               (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ||
                               sigismember(&pending, SIGQUIT));
}

bool late_start_again(LateStart *late, int result) {
        const struct timespec pause = { .tv_nsec = LOOK_MSEC * 1000000L };

        if (result != POOL_CHECK_LACKS || late->n_looks >= LOOKS_MAX || !connection_waits() ||
                        is_to_stop())
                return false;

        if (late->n_looks++ == 0)
                log_notice("A connection waits: looking for what is missing for %d s more",
                                LOOKS_MAX * LOOK_MSEC / 1000);

        nanosleep(&pause, NULL);
        return true;
}
