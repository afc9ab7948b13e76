/* SPDX-License-Identifier: MIT */
#include "manager/unit_restart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "manager/base/log.h"
#include "manager/own_unit.h"
#include "manager/spawn/unit_check.h"

enum {
        WAIT_SEC = 10,
};

/* systemd ends us with SIGTERM, which may be blocked by now. */
static int wait_for_the_end(void) {
        const struct timespec limit = { .tv_sec = WAIT_SEC };
        sigset_t signals;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &signals, NULL);
        return sigtimedwait(&signals, NULL, &limit) < 0 ? -ETIMEDOUT : 0;
}

int unit_restart_socket(const char *pool) {
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

        return r < 0 ? r : wait_for_the_end();
}

int unit_restart_for_rights(const char *pool) {
        unsigned before = unit_check_rights(pool);
        int r;

        if (own_unit_check(pool) < 0)
                return -ENOTCONN;

        log_warning("What the pool file asks for is new to the service: having systemd read the pool files again "
                    "(systemctl daemon-reload), and starting again");
        r = own_unit_reload_all(pool);
        if (r == 0 && (unit_check_rights(pool) & ~before) == 0)
                r = -ENODATA;
        if (r == 0)
                r = own_unit_restart_service(pool);

        return r < 0 ? log_error_errno(r,
                                       "Cannot have systemd give the service what the pool file asks for: %m")
                     : wait_for_the_end();
}
