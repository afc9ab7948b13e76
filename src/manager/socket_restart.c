/* SPDX-License-Identifier: MIT */
#include "manager/socket_restart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "manager/base/log.h"
#include "manager/own_unit.h"

enum {
        WAIT_SEC = 10,
};

/* systemd ends us with SIGTERM, which may be blocked by now. */
static void wait_for_the_end(void) {
        const struct timespec limit = { .tv_sec = WAIT_SEC };
        sigset_t signals;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &signals, NULL);
        (void) sigtimedwait(&signals, NULL, &limit);
}

int socket_restart(const char *pool) {
        _cleanup_free_ char *unit = NULL;
        int r;

        if (own_unit_check(pool) < 0) {
                log_error("No listening socket was passed; start the pool through its socket unit, fpmd@.socket");
                return -ENOTCONN;
        }

        if (asprintf(&unit, "fpmd@%s.socket", pool) < 0)
                return -ENOMEM;

        log_warning("systemd has closed the sockets of this pool, for listen has changed since they were opened: "
                    "opening them anew (systemctl restart %s)",
                        unit);
        r = own_unit_restart_socket(pool);
        if (r < 0)
                log_error_errno(r,
                                "Cannot have systemd open the sockets, run systemctl restart %s: %m",
                                unit);

        wait_for_the_end();
        return r < 0 ? r : -ETIMEDOUT;
}
