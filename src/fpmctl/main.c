/* SPDX-License-Identifier: MIT */
/* fpmctl: asks and orders the managers of pools. See fpmctl(1). */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "fpmctl/client.h"
#include "shared/parse.h"
#include "shared/pool_config.h"

/* A reload takes as long as PHP takes to start; systemd gives up on it before this. */
#define RELOAD_TIMEOUT_USEC (10 * 60 * USEC_PER_SEC)
#define ASK_TIMEOUT_USEC (2 * USEC_PER_SEC)

static void usage(FILE *f) {
        fputs("Usage: fpmctl COMMAND POOL\n"
              "\n"
              "  reload POOL   read the pool file again and start a new generation; waits, and "
              "fails\n"
              "                with the reason when it is refused: the old one then goes on\n"
              "  status POOL   what the pool does now\n"
              "\n"
              "  -h, --help     this text\n"
              "  -v, --version  the version\n"
              "\n"
              "Exit status: 0 done, 1 refused, 64 wrong usage, 69 the pool does not run,\n"
              "75 it did not answer in time, 77 not allowed.\n",
                        f);
}

static int fail_to_ask(const char *pool, int r) {
        if (r == -ENOENT || r == -ECONNREFUSED) {
                fprintf(stderr, "fpmctl: pool %s does not run: systemctl start fpmd@%s\n", pool,
                                pool);
                return EX_UNAVAILABLE;
        }
        if (r == -ETIMEDOUT || r == -EAGAIN) {
                fprintf(stderr, "fpmctl: the manager of pool %s did not answer in time\n", pool);
                return EX_TEMPFAIL;
        }

        fprintf(stderr, "fpmctl: cannot ask the manager of pool %s: %s\n", pool, strerror(-r));
        return r == -EACCES ? EX_NOPERM : EX_UNAVAILABLE;
}

static int ask(const char *pool, ControlVerb verb, uint64_t timeout_usec) {
        _cleanup_free_ ControlReply *reply = NULL;
        int r;

        r = client_ask(&reply, pool, verb, timeout_usec);
        if (r < 0)
                return fail_to_ask(pool, r);

        if (reply->result < 0) {
                fprintf(stderr, "fpmctl: pool %s: %s\n", pool, reply->text);
                return reply->result == -EPERM ? EX_NOPERM : EXIT_FAILURE;
        }

        fputs(reply->text, stdout);
        return EXIT_SUCCESS;
}

static int command_reload(const char *pool) {
        return ask(pool, CONTROL_RELOAD, RELOAD_TIMEOUT_USEC);
}

static int command_status(const char *pool) {
        return ask(pool, CONTROL_STATUS, ASK_TIMEOUT_USEC);
}

static const struct {
        const char *name;
        int (*run)(const char *pool);
} commands[] = {
        { "reload", command_reload },
        { "status", command_status },
};

static int run_command(const char *name, const char *pool) {
        if (!pool_name_is_valid(pool)) {
                fputs("fpmctl: that is not the name of a pool\n", stderr);
                return EX_USAGE;
        }

        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                if (strcmp(name, commands[i].name) == 0)
                        return commands[i].run(pool);

        fprintf(stderr, "fpmctl: unknown command; fpmctl --help has the list\n");
        return EX_USAGE;
}

int main(int argc, char *argv[]) {
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "hv", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        usage(stdout);
                        return EXIT_SUCCESS;
                case 'v':
                        puts("fpmctl " PACKAGE_VERSION);
                        return EXIT_SUCCESS;
                default:
                        return EX_USAGE;
                }

        if (optind + 2 != argc) {
                usage(stderr);
                return EX_USAGE;
        }

        return run_command(argv[optind], argv[optind + 1]);
}
