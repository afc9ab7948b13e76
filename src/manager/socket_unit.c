/* SPDX-License-Identifier: MIT */
#include "manager/socket_unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "config/pool_files.h"
#include "listen/pool_sockets.h"
#include "manager/base/log.h"
#include "manager/sockets/port_release.h"
#include "manager/spawn/socket_access.h"

/* Whoever has it longer is not about to leave. */
#define RELEASE_LIMIT_USEC (2 * USEC_PER_SEC)

/* The generator has said what it passes over. */
static int load(PoolConfig **ret, const char *conf_dir, const char *pool) {
        return pool_files_load_name(ret, conf_dir, pool, true, NULL, NULL);
}

/* Without root no socket is given away, and the folders are those of a user's own services. */
unsigned socket_unit_check(
                const char *conf_dir, const char *pool, ConfigReport report, void *userdata) {
        _cleanup_(pool_sockets_done) PoolSockets sockets = {};

        if (pool_sockets_add_all(&sockets, conf_dir) < 0)
                return 0; /* no memory: the next step fails for want of it, and logs that */

        return pool_sockets_check(&sockets, pool, geteuid() == 0, report, userdata);
}

static void socket_unit_on_reason(void *userdata, int priority, const char *line) {
        (void) userdata;
        log_full(priority, "%s", line);
}

int socket_unit_refuse(const char *conf_dir, const char *pool) {
        if (socket_unit_check(conf_dir, pool, socket_unit_on_reason, NULL) == 0)
                log_error("The pool file was refused when systemd read it, and has changed since: run "
                          "systemctl daemon-reload");

        return EX_CONFIG;
}

int socket_unit_give(const char *conf_dir, const char *pool) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        r = load(&config, conf_dir, pool);
        if (r < 0) {
                log_error_errno(r, "Cannot read the file of pool %s: %m", pool);
                return EX_CONFIG;
        }

        return socket_access_give(config) < 0 ? EX_CONFIG : EXIT_SUCCESS;
}

static void await_release(const char *address, uint64_t until_usec) {
        if (!port_release_wait(address, until_usec))
                log_warning("Another process has %s open (ss -lntp)", address);
}

/* A file that is not there any more, or is wrong, is not what the socket starts with next. */
int socket_unit_await_release(const char *conf_dir, const char *pool) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        uint64_t until_usec = clock_now_usec() + RELEASE_LIMIT_USEC;

        if (load(&config, conf_dir, pool) < 0)
                return EXIT_SUCCESS;

        for (size_t i = 0; i < config->listen.n_items; i++)
                await_release(config->listen.items[i].value, until_usec);
        if (config->status_listen)
                await_release(config->status_listen, until_usec);

        return EXIT_SUCCESS;
}
