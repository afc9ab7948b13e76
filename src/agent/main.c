/* SPDX-License-Identifier: MIT */
/* fpmd-agent: tells HAProxy of the pools of this machine, at the sockets that systemd hands over. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "agent/agent_server.h"

#define IDLE_USEC_DEFAULT (60 * USEC_PER_SEC)

static const char *arg_conf_dir = FPMD_CONF_DIR;
static uint64_t arg_idle_usec = IDLE_USEC_DEFAULT;

static void usage(FILE *f) {
        fputs("Usage: fpmd-agent [OPTION]...\n\n"
              "Started by fpmd-agent.socket; by hand:\n"
              "  systemd-socket-activate --listen=127.0.0.1:9254 fpmd-agent\n\n"
              "      --idle-timeout=SECONDS  ends when nobody has asked for so long, 0: never [60]\n"
              "      --conf-dir=DIR          where pool files are [" FPMD_CONF_DIR "]\n"
              "  -h, --help                  this text\n"
              "  -v, --version               the version\n",
                        f);
}

static int take_idle_timeout(const char *text) {
        uint64_t seconds;

        if (parse_uint(text, &seconds) < 0 || seconds > UINT32_MAX) {
                fprintf(stderr, "fpmd-agent: --idle-timeout is a number of seconds\n");
                return EX_USAGE;
        }

        arg_idle_usec = seconds * USEC_PER_SEC;
        return EX_OK;
}

/* Returns -1 to go on, else the exit status. */
static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "idle-timeout", required_argument, NULL, 'i' },
                { "conf-dir", required_argument, NULL, 'C' },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "hv", options, NULL)) >= 0)
                switch (c) {
                case 'i':
                        if (take_idle_timeout(optarg) != EX_OK)
                                return EX_USAGE;
                        break;
                case 'C':
                        arg_conf_dir = optarg;
                        break;
                case 'h':
                        usage(stdout);
                        return EX_OK;
                case 'v':
                        puts("fpmd-agent " PACKAGE_VERSION);
                        return EX_OK;
                default:
                        return EX_USAGE;
                }

        if (optind == argc)
                return -1;

        usage(stderr);
        return EX_USAGE;
}

/* A connection to each manager, and one of each asker. */
static void raise_file_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) >= 0) {
                limit.rlim_cur = limit.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &limit);
        }
}

/* The sockets from systemd: streams that listen. */
static int receive(int *fds, size_t size) {
        int n = sd_listen_fds(1);

        if (n <= 0 || (size_t) n > size) {
                fprintf(stderr, "fpmd-agent: there has to be a socket from systemd, and at most %zu\n",
                                size);
                return -EINVAL;
        }

        for (int i = 0; i < n; i++) {
                fds[i] = SD_LISTEN_FDS_START + i;
                if (sd_is_socket(fds[i], AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
                        fprintf(stderr, "fpmd-agent: socket %d is no stream that listens\n", i);
                        return -EINVAL;
                }
        }

        return n;
}

int main(int argc, char *argv[]) {
        _cleanup_(agent_server_freep) AgentServer *server = NULL;
        _cleanup_(agent_view_done) AgentView view = {};
        int fds[8], n, r;

        r = parse_arguments(argc, argv);
        if (r >= 0)
                return r;

        n = receive(fds, ELEMENTSOF(fds));
        if (n < 0)
                return EX_USAGE;

        raise_file_limit();
        view.conf_dir = arg_conf_dir;
        r = agent_server_new(&server, &view, fds, (size_t) n);
        if (r >= 0)
                r = agent_server_run(server, arg_idle_usec);
        if (r < 0)
                fprintf(stderr, "fpmd-agent: cannot serve: %s\n", strerror(-r));

        return r < 0 ? EX_OSERR : EX_OK;
}
