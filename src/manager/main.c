/* SPDX-License-Identifier: MIT */
/* fpmd: the manager of one pool. See fpmd(8). */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "contract/remedies.h"
#include "manager/base/log.h"
#include "manager/generation/pool.h"
#include "manager/generation/pool_check.h"
#include "manager/generation/pool_resources.h"
#include "manager/late_start.h"
#include "manager/manager.h"
#include "manager/own_unit.h"
#include "manager/socket_unit.h"
#include "manager/sockets/listener.h"
#include "manager/sockets/socket_check.h"
#include "manager/spawn/privilege.h"
#include "manager/test_pools.h"
#include "manager/unit_restart.h"

static const char *arg_conf_dir = FPMD_CONF_DIR;
static const char *arg_program; /* NULL: the php-fpm of the pool's PHP, with our engine */
static const char *arg_pool;    /* the first one */
static char *const *arg_pools;
static size_t arg_n_pools;
static bool arg_test;
static int (*arg_socket_command)(const char *conf_dir, const char *pool); /* NULL: none */

static void usage(FILE *f) {
        fputs("Usage: fpmd [OPTION]... POOL\n"
              "       fpmd --test [OPTION]... POOL...\n"
              "Runs one pool of PHP workers on the sockets that systemd passes.\n"
              "\n"
              "  -t, --test               check the pool files and exit\n"
              "      --conf-dir=DIR       where POOL.conf is [" FPMD_CONF_DIR "]\n"
              "      --pool-program=FILE  what runs the pool in place of PHP\n"
              "  -h, --help               this text\n"
              "  -v, --version            the version\n"
              "\n"
              "Exit status: 0 done, 64 wrong usage, 70 the pool program cannot start, 75 start it again\n"
              "at once, 78 wrong configuration, 1 anything else.\n",
                        f);
}

enum {
        OPTION_CONF_DIR = 256,
        OPTION_POOL_PROGRAM,
        OPTION_SOCKET_ACCESS,
        OPTION_SOCKET_REFUSED,
        OPTION_SOCKET_CLOSED,
};

static const struct option long_options[] = {
        { "test", no_argument, NULL, 't' },
        { "conf-dir", required_argument, NULL, OPTION_CONF_DIR },
        { "pool-program", required_argument, NULL, OPTION_POOL_PROGRAM },
        { "socket-access", no_argument, NULL, OPTION_SOCKET_ACCESS },
        { "socket-refused", no_argument, NULL, OPTION_SOCKET_REFUSED },
        { "socket-closed", no_argument, NULL, OPTION_SOCKET_CLOSED },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'v' },
        {},
};

/* Returns 1 to go on, or 0 when the program is done with exit status *ret. */
static int parse_arguments(int argc, char *argv[], int *ret) {
        int c;

        *ret = EXIT_SUCCESS;
        while ((c = getopt_long(argc, argv, "thv", long_options, NULL)) >= 0)
                switch (c) {
                case 't':
                        arg_test = true;
                        break;
                case OPTION_CONF_DIR:
                        arg_conf_dir = optarg;
                        break;
                case OPTION_POOL_PROGRAM:
                        arg_program = optarg;
                        break;
                case OPTION_SOCKET_ACCESS:
                        arg_socket_command = socket_unit_give;
                        break;
                case OPTION_SOCKET_REFUSED:
                        arg_socket_command = socket_unit_refuse;
                        break;
                case OPTION_SOCKET_CLOSED:
                        arg_socket_command = socket_unit_await_release;
                        break;
                case 'h':
                        usage(stdout);
                        return 0;
                case 'v':
                        puts("fpmd " PACKAGE_VERSION);
                        return 0;
                default:
                        *ret = EX_USAGE;
                        return 0;
                }

        if (optind >= argc || (optind + 1 < argc && !arg_test)) {
                usage(stderr);
                *ret = EX_USAGE;
                return 0;
        }

        arg_pools = argv + optind;
        arg_n_pools = (size_t) (argc - optind);
        arg_pool = arg_pools[0];
        return 1;
}

static int exit_status(int r) {
        if (r >= 0)
                return EXIT_SUCCESS;

        if (r == POOL_BROKEN)
                return EX_SOFTWARE;
        if (r == MANAGER_CALLED_BACK)
                return EX_TEMPFAIL;

        return r == POOL_REFUSED ? EX_CONFIG : EXIT_FAILURE;
}

/* When systemd was to start the pool again. */
static int restart_status(int r) {
        return r == 0 ? EXIT_SUCCESS : r == -ENOTCONN ? EX_CONFIG : EXIT_FAILURE;
}

static void report_address(void *userdata, int priority, const char *line) {
        (void) userdata;
        log_full(priority, "%s", line);
}

static int run_pool(PoolResources *resources) {
        _cleanup_(listeners_done) Listeners listeners = {};
        _cleanup_(manager_freep) Manager *manager = NULL;
        ManagerOptions options = {
                .name = arg_pool,
                .conf_dir = arg_conf_dir,
                .program = arg_program,
        };
        int r;

        r = listeners_receive(&listeners, resources->account.uid);
        if (r == -ENOTCONN)
                return restart_status(unit_restart_socket(arg_pool));
        if (r < 0)
                return EX_CONFIG;

        /* A pool that has its addresses goes on, also when another pool file names them meanwhile. */
        if (!socket_check_serves_all(&listeners, resources->config) &&
                        socket_unit_check(arg_conf_dir, arg_pool, report_address, NULL) > 0)
                return EX_CONFIG;

        socket_check_warn(&listeners, resources->config);
        if (listeners_are_hung_up(&listeners))
                return EXIT_FAILURE;

        r = manager_new(&manager, &options, resources, &listeners);
        if (r < 0) {
                log_error_errno(r, "Cannot start: %m");
                return EXIT_FAILURE;
        }

        return exit_status(manager_run(manager));
}

static void report_mistake(void *userdata, const char *line) {
        (void) userdata;
        log_event(EVENT_CONFIG_REFUSED, LOG_ERR, LOG_NO_FIELDS, "%s", line);
}

/* For a connection that waits systemd would start the pool again, to hear the same. To stop the socket is to stop the
 * service, which is to fail all the same: so that signal waits. */
static void close_socket(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        if (!listeners_passed_have_connection() || own_unit_stop_socket(arg_pool) < 0)
                return;

        log_event(EVENT_START_GIVEN_UP, LOG_ERR, LOG_NO_FIELDS,
                        "The configuration is wrong and connections wait, so the socket was stopped: "
                        "correct it, " REMEDY_RESTART,
                        arg_pool);
}

static int end_start(int r) {
        if (r == POOL_CHECK_LACKS_RIGHT && unit_restart_for_rights(arg_pool) == 0)
                return EXIT_SUCCESS;

        if (r != POOL_CHECK_LACKS) /* which may come with the next look */
                close_socket();
        return EX_CONFIG;
}

static bool names_are_valid(void) {
        for (size_t i = 0; i < arg_n_pools; i++)
                if (!pool_name_is_valid(arg_pools[i])) {
                        log_error("'%s' is not the name of a pool: letters, digits and _-:. are, at most "
                                  "64",
                                        arg_pools[i]);
                        return false;
                }

        return true;
}

static int load_and_run(void) {
        _cleanup_(pool_resources_done) PoolResources resources = POOL_RESOURCES_NONE;
        LateStart late = {};
        int r;

        log_open("", LOG_INFO);
        if (!names_are_valid())
                return EX_CONFIG;

        log_open(arg_pool, LOG_INFO);
        if (arg_socket_command)
                return arg_socket_command(arg_conf_dir, arg_pool);

        r = privilege_keep_spawning();
        if (r < 0) {
                log_error_errno(r, "Cannot drop capabilities: %m");
                return EXIT_FAILURE;
        }

        if (arg_test)
                return test_pools(arg_conf_dir, arg_pools, arg_n_pools);

        /* Nobody is served yet: what takes long here holds up nobody, and a signal ends it. */
        do
                r = pool_resources_open(&resources, arg_conf_dir, arg_pool,
                                late.n_checks == 0 ? report_mistake : NULL, NULL);
        while (late_start_again(&late, r));
        if (r < 0)
                return end_start(r);

        log_open(arg_pool, (int) resources.config->log_level);
        log_event(EVENT_POOL_STARTING, LOG_INFO, LOG_NO_FIELDS,
                        "fpmd " PACKAGE_VERSION " starts with %s", resources.config->file);
        return run_pool(&resources);
}

/* logrotate and administrators send these to a pool at any time, also to one that is just starting, which they would
 * kill. They stay pending until the event loop takes them. SIGTERM and SIGINT end a start at once. */
static void hold_signals(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGQUIT);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char *argv[]) {
        int status;

        hold_signals();
        if (parse_arguments(argc, argv, &status) == 0)
                return status;

        status = load_and_run();
        log_close();
        return status;
}
