/* SPDX-License-Identifier: MIT */
/* A pool file is read, and checked against this machine. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config/pool_files.h"
#include "manager/generation/pool_check_internal.h"
#include "manager/spawn/file_limits.h"
#include "manager/spawn/unit_check.h"

/* The name in libfcgi and php-fpm. As there, an entry that is no address is left out. */
static int take_clients_of_environment(PoolConfig *config) {
        const char *clients = getenv("FCGI_WEB_SERVER_ADDRS");

        if (config->listen_allowed_clients || !clients || *clients == '\0')
                return 0;

        config->listen_allowed_clients = strdup(clients);
        return config->listen_allowed_clients ? 0 : -ENOMEM;
}

static int load_file(PoolConfig **ret, const PoolCheck *what, Check *check) {
        const PoolFile *file = what->files ? pool_files_find(what->files, what->name) : NULL;

        if (file)
                return pool_files_load(
                                ret, what->files, file, false, pool_check_report_line, check);

        return pool_files_load_name(
                        ret, what->conf_dir, what->name, false, pool_check_report_line, check);
}

/* Without a service manager nobody listens for the pool and starts it again: as process 1 it would end the
 * container. */
static void settle_idle_exit(PoolConfig *config) {
        if (pool_config_line_of(config, "pm.idle_exit_timeout") == 0 && !getenv("NOTIFY_SOCKET") &&
                        !unit_check_finds_systemd())
                config->idle_exit_timeout_usec = 0;
}

/* A number that nobody has written is no reason not to start. */
static void settle_workers(PoolConfig *config, Check *check) {
        uint64_t limit, most;
        char text[128];

        if (!unit_check_fits_workers(config) ||
                        file_limits_allow(unit_rights_files_needed(config), &limit))
                return;

        most = unit_rights_workers_for(limit);
        if (most == 0 || most >= config->max_children)
                return;

        config->max_children = most;
        snprintf(text, sizeof(text),
                        "pm.max_children: becomes %" PRIu64 ", since a process may open %" PRIu64
                        " files",
                        most, limit);
        pool_check_report_line(check, LOG_NOTICE, text);
}

/* What the file leaves open follows from where this process runs. */
static void settle(PoolConfig *config, Check *check) {
        if (check->as != POOL_CHECK_FOR_SELF)
                return;

        settle_idle_exit(config);
        settle_workers(config, check);
}

static int load(PoolConfig **ret, const PoolCheck *what, Check *check) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        int r;

        r = load_file(&config, what, check);
        if (r < 0)
                return r;

        r = take_clients_of_environment(config);
        if (r < 0)
                return r;

        settle(config, check);
        check->config = config;
        r = pool_check_machine(check);
        if (r < 0)
                return r == -EINVAL ? POOL_CHECK_LACKS : r;

        *ret = TAKE_PTR(config);
        return 0;
}

int pool_check_load(PoolConfig **ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata) {
        return pool_check_load_as(
                        ret, &(PoolCheck){ .conf_dir = conf_dir, .name = name }, report, userdata);
}

int pool_check_load_as(
                PoolConfig **ret, const PoolCheck *what, PoolCheckReport report, void *userdata) {
        Check check = { .what = what, .as = what->as, .report = report, .userdata = userdata };
        int r;

        r = load(ret, what, &check);
        if (r == -ENOMEM)
                pool_check_report_line(&check, LOG_ERR, "no memory");

        return r;
}
