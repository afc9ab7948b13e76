/* SPDX-License-Identifier: MIT */
#include "manager/test_pools.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/parse.h"
#include "config/pool_files.h"
#include "listen/pool_sockets.h"
#include "manager/base/log.h"
#include "manager/generation/pool_check.h"
#include "manager/unit_limits.h"

/* All pools of the folder, which each of them is compared with. */
typedef struct Neighbours {
        const char *conf_dir;
        PoolFiles files;
        PoolSockets sockets;
        UnitLimits limits;
} Neighbours;

static void neighbours_done(Neighbours *neighbours) {
        pool_files_done(&neighbours->files);
        pool_sockets_done(&neighbours->sockets);
        unit_limits_done(&neighbours->limits);
}

static void report_mistake(void *userdata, const char *line) {
        (void) userdata;
        log_event(EVENT_CONFIG_REFUSED, LOG_ERR, LOG_NO_FIELDS, "%s", line);
}

static void report_address(void *userdata, int priority, const char *line) {
        (void) userdata;
        log_full(priority, "%s", line);
}

/* What a pool does that its file does not ask for. */
static void say_default(const PoolConfig *config) {
        if (config->idle_exit_timeout_usec > 0 &&
                        pool_config_line_of(config, "pm.idle_exit_timeout") == 0)
                printf("after %" PRIu64
                       " minutes without a request the pool leaves, and the next request starts "
                       "it again (pm.idle_exit_timeout)\n",
                                config->idle_exit_timeout_usec / (60 * USEC_PER_SEC));
}

/* Also what only concerns the socket unit: at a start that was checked when the socket was opened. */
static int test_pool(Neighbours *neighbours, const char *name) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *file = NULL;
        /* The user who asks does not run the pool. */
        PoolCheck check = {
                .conf_dir = neighbours->conf_dir,
                .name = name,
                .as = geteuid() != 0 ? POOL_CHECK_FOR_ROOT : POOL_CHECK_FOR_SELF,
                .files = &neighbours->files,
                .files_of_unit = unit_limits_files,
                .unit_userdata = &neighbours->limits,
        };
        int r;

        r = pool_check_load_as(&config, &check, report_mistake, NULL);
        if (r == -EACCES)
                return EX_NOPERM;
        if (r == -ENOENT)
                return EX_NOINPUT;
        if (pool_sockets_check(&neighbours->sockets, name, geteuid() == 0, report_address, NULL) >
                                        0 ||
                        r < 0)
                return EX_CONFIG;

        file = escape_string_new(config->file);
        printf("configuration file %s test is successful\n", file ? file : name);
        say_default(config);
        return EXIT_SUCCESS;
}

int test_pools(const char *conf_dir, char *const names[], size_t n) {
        _cleanup_(neighbours_done) Neighbours neighbours = { .conf_dir = conf_dir };
        int status = EXIT_SUCCESS;

        log_plainly();
        /* What is missing for want of memory the checks themselves will miss. */
        (void) pool_files_read(&neighbours.files, conf_dir, NULL, NULL);
        (void) pool_sockets_add_all(&neighbours.sockets, conf_dir);

        for (size_t i = 0; i < n; i++) {
                int one = test_pool(&neighbours, names[i]);

                if (n > 1)
                        printf("[%s] %d\n", names[i], one);
                (void) fflush(stdout); /* the mistakes go by another way */
                if (status == EXIT_SUCCESS)
                        status = one;
        }

        return status;
}
