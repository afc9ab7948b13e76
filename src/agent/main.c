/* SPDX-License-Identifier: MIT */
/* fpmd-agent: tells HAProxy of the pools of this machine, at the sockets that systemd hands over. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "agent/agent_server.h"
#include "base/journal_socket.h"
#include "exporter/activation.h"

static const char *arg_conf_dir = FPMD_CONF_DIR;
static uint64_t arg_idle_usec = ACTIVATION_IDLE_USEC_DEFAULT;

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
                        if (activation_parse_idle(optarg, &arg_idle_usec) < 0)
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

int main(int argc, char *argv[]) {
        _cleanup_(agent_server_freep) AgentServer *server = NULL;
        _cleanup_(agent_view_done) AgentView view = {};
        _cleanup_(activation_done) ActivationSockets sockets = {};
        int r;

        r = parse_arguments(argc, argv);
        if (r >= 0)
                return r;

        r = activation_receive(&sockets);
        if (r < 0)
                return EX_USAGE;

        view.conf_dir = arg_conf_dir;
        r = agent_server_new(&server, &view, &sockets);
        if (r >= 0)
                r = agent_server_run(server, arg_idle_usec);
        if (r < 0)
                stderr_line("<3>Cannot serve: %s\n", strerror(-r));

        return r < 0 ? EX_OSERR : EX_OK;
}
