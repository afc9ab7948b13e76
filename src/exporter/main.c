/* SPDX-License-Identifier: MIT */
/* fpmd-exporter: GET /metrics for all pools, at the sockets that systemd hands over. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/journal_socket.h"
#include "exporter/activation.h"
#include "exporter/server.h"

static const char *arg_conf_dir = FPMD_CONF_DIR;
static uint64_t arg_idle_usec = ACTIVATION_IDLE_USEC_DEFAULT;
static MetricsMask arg_left_out;

static void usage(FILE *f) {
        fputs("Usage: fpmd-exporter [OPTION]...\n\n"
              "Started by fpmd-exporter.socket; by hand:\n"
              "  systemd-socket-activate --listen=127.0.0.1:9253 fpmd-exporter\n\n"
              "      --idle-timeout=SECONDS  ends when no client has come for so long, 0: never [60]\n"
              "      --only=METRIC[,...]     no others than these\n"
              "      --without=METRIC[,...]  not these\n"
              "      --conf-dir=DIR          where pool files are [" FPMD_CONF_DIR "]\n"
              "  -h, --help                  this text\n"
              "  -v, --version               the version\n",
                        f);
}

static int take_metrics(const char *option, const char *names) {
        MetricsMask mask;
        const char *wrong;
        size_t size;

        if (metrics_mask(names, &mask, &wrong, &size) < 0) {
                fprintf(stderr, "fpmd-exporter: --%s: there is no metric '%.*s'\n", option,
                                (int) size, wrong);
                return EX_USAGE;
        }

        arg_left_out |= strcmp(option, "only") == 0 ? ~mask : mask;
        return EX_OK;
}

/* Returns -1 to go on, else the exit status. */
static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "idle-timeout", required_argument, NULL, 'i' },
                { "only", required_argument, NULL, 'o' },
                { "without", required_argument, NULL, 'w' },
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
                case 'o':
                case 'w':
                        if (take_metrics(c == 'o' ? "only" : "without", optarg) != EX_OK)
                                return EX_USAGE;
                        break;
                case 'C':
                        arg_conf_dir = optarg;
                        break;
                case 'h':
                        usage(stdout);
                        return EX_OK;
                case 'v':
                        puts("fpmd-exporter " PACKAGE_VERSION);
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
        _cleanup_(server_freep) Server *server = NULL;
        _cleanup_(page_done) Page page = {};
        _cleanup_(activation_done) ActivationSockets sockets = {};
        int r;

        r = parse_arguments(argc, argv);
        if (r >= 0)
                return r;

        r = activation_receive(&sockets);
        if (r < 0)
                return EX_USAGE;

        (void) signal(SIGPIPE, SIG_IGN);
        page.conf_dir = arg_conf_dir;
        page.left_out = arg_left_out;
        r = server_new(&server, &page, &sockets);
        if (r >= 0)
                r = server_run(server, arg_idle_usec);
        if (r < 0)
                stderr_line("<3>Cannot serve: %s\n", strerror(-r));

        return r < 0 ? EX_OSERR : EX_OK;
}
