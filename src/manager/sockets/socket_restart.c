/* SPDX-License-Identifier: MIT */
#include "manager/sockets/socket_restart.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "manager/base/log.h"

#define SYSTEMD "org.freedesktop.systemd1"

enum {
        BUS_TIMEOUT_SEC = 5,
        WAIT_SEC = 10,
};

static void bus_freep(sd_bus **bus) {
        sd_bus_flush_close_unref(*bus);
}

static bool is_service_of(const char *pool) {
        _cleanup_free_ char *unit = NULL, *expected = NULL;

        return sd_pid_get_unit(0, &unit) >= 0 &&
               asprintf(&expected, "fpmd@%s.service", pool) >= 0 && strcmp(unit, expected) == 0;
}

/* By systemd's own socket, which is there before and without a message bus. */
static int open_bus(sd_bus **ret) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0)
                return r;

        (void) sd_bus_set_method_call_timeout(bus, BUS_TIMEOUT_SEC * USEC_PER_SEC);
        *ret = TAKE_PTR(bus);
        return 0;
}

static int ask(const char *socket_unit) {
        _cleanup_(bus_freep) sd_bus *bus = NULL;
        int r;

        r = open_bus(&bus);
        if (r < 0)
                return r;

        return sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                        "RestartUnit", NULL, NULL, "ss", socket_unit, "replace");
}

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

        if (!is_service_of(pool)) {
                log_error("No listening socket was passed; start the pool through its socket unit, fpmd@.socket");
                return -ENOTCONN;
        }

        if (asprintf(&unit, "fpmd@%s.socket", pool) < 0)
                return -ENOMEM;

        log_warning("systemd has closed the sockets of this pool, for listen has changed since they were opened: "
                    "opening them anew (systemctl restart %s)",
                        unit);
        r = ask(unit);
        if (r < 0)
                log_error_errno(r,
                                "Cannot have systemd open the sockets, run systemctl restart %s: %m",
                                unit);

        wait_for_the_end();
        return r < 0 ? r : -ETIMEDOUT;
}
