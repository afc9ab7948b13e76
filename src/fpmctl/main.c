/* SPDX-License-Identifier: MIT */
/* fpmctl: asks and orders the managers of pools. See fpmctl(1). */

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "config/pool_config.h"
#include "fpmctl/command.h"

enum {
        LINES_DEFAULT = 10,
        LINES_MAX = 100000,
};

typedef enum Option {
        OPTION_JSON = 1 << 0,
        OPTION_CONF_DIR = 1 << 1,
        OPTION_NAMES = 1 << 2,
        OPTION_ONCE = 1 << 3,
        OPTION_SORT = 1 << 4,
        OPTION_OPENMETRICS = 1 << 5,
        OPTION_LINES = 1 << 6,
        OPTION_DRY_RUN = 1 << 7,
        OPTION_NOW = 1 << 8,
        OPTION_BACK = 1 << 9,
        OPTION_FOR = 1 << 10,
        OPTION_ALL = 1 << 11,
} Option;

typedef struct Command {
        const char *name, *arguments, *summary;
        size_t n_min, n_max;
        unsigned options;
        bool pool; /* the first argument is the name of one */
        int (*run)(const Invocation *in);
        const char *help;
} Command;

/* clang-format off */
static const Command commands[] = {
        { "list", "", "all pools and their states", 0, 0,
          OPTION_JSON | OPTION_CONF_DIR | OPTION_NAMES, false, command_list,
          "Pools with a pool file, a running manager or a unit. STATE is serving, starting, stopping,\n"
          "listening (systemd waits for the first connection), idle (it ran and left, the next connection\n"
          "starts it), stopped, failed, or silent (its manager gives no answer). REQ/S is since its start. FILE\n"
          "is ok, changed since the manager has read it, wrong, or gone.\n" },
        { "status", "POOL", "what a pool does now, and why", 1, 1,
          OPTION_JSON | OPTION_CONF_DIR | OPTION_ALL, true, command_status,
          "Workers, queue, limits and counters; a name and a value on each line.\n" },
        { "top", "[POOL]", "all pools, or the requests of one, once a second", 0, 1,
          OPTION_CONF_DIR | OPTION_ONCE | OPTION_SORT, true, command_top,
          "Keys: q ends; n, b, u, r, c, m order by name, busy workers, queue, requests per second, CPU,\n"
          "memory. Without a terminal, or with --once: printed once.\n" },
        { "requests", "POOL", "what each busy worker does", 1, 1,
          OPTION_JSON | OPTION_CONF_DIR, true, command_requests,
          "The longest first. For root and the group of the pool's socket.\n" },
        { "trace", "POOL [SLOT]", "where in PHP each busy worker is, or the one in SLOT", 1, 2,
          OPTION_JSON | OPTION_CONF_DIR, true, command_trace,
          "Reads the PHP stack without stopping anything. For root and the group of the pool's socket.\n" },
        { "slow", "POOL", "the last slow requests and their stacks", 1, 1,
          OPTION_JSON | OPTION_LINES | OPTION_CONF_DIR, true, command_slow,
          "From the journal; see request_slowlog_timeout in fpmd.conf(5).\n" },
        { "reload", "POOL", "read the pool file again, without losing a request", 1, 1,
          OPTION_CONF_DIR | OPTION_ALL, true, command_reload,
          "Starts new workers and waits until they serve. If they cannot, says why, and the old ones go on. Only\n"
          "checks the file of a pool that listens and does not run.\n" },
        { "remove", "POOL", "end a pool and rename its file", 1, 1, OPTION_CONF_DIR, true, command_remove,
          "Stops its units, which lets running requests finish, disables them, removes its sockets, and renames its\n"
          "file to FILE.removed, or FILE.removed.2 and so on. Also for a pool whose file is gone already.\n" },
        { "drain", "POOL", "tell load balancers to send no more requests", 1, 1,
          OPTION_FOR | OPTION_CONF_DIR | OPTION_ALL, true, command_drain,
          "ping.path answers 503 and fpmd-agent says drain until fpmctl undrain, or for the time of --for. Requests\n"
          "are served as before.\n" },
        { "undrain", "POOL", "end a drain", 1, 1, OPTION_CONF_DIR | OPTION_ALL, true, command_drain,
          "ping.path answers as before.\n" },
        { "ping", "POOL", "whether the pool serves, for probes", 1, 1, OPTION_CONF_DIR | OPTION_ALL, true, command_ping,
          "Prints pong. Exit status 1: it is drained, starts or stops; 69: it does not run.\n" },
        { "check", "[POOL|FILE]", "check a pool file, or all of them", 0, 1,
          OPTION_JSON | OPTION_CONF_DIR, false, command_check,
          "Reports mistakes as fpmd --test does. FILE is a NAME.conf in any folder.\n" },
        { "directives", "", "all directives of pool files", 0, 0, OPTION_JSON, false, command_directives,
          "Name, section, type, default, range and help of each.\n" },
        { "config", "POOL", "the values of a pool file, and the line of each", 1, 1,
          OPTION_JSON | OPTION_CONF_DIR, true, command_config,
          "From the file as it is now, whatever the pool runs with: FILE:LINE, default, or derived from\n"
          "others.\n" },
        { "metrics", "", "all pools as a text for Prometheus", 0, 0,
          OPTION_CONF_DIR | OPTION_OPENMETRICS, false, command_metrics,
          "The text format of Prometheus, for the textfile collector; OpenMetrics with --openmetrics.\n" },
        { "migrate", "[FILE...]", "take over the pools of php-fpm, or give them back", 0, 64,
          OPTION_CONF_DIR | OPTION_DRY_RUN | OPTION_NOW | OPTION_BACK, false, command_migrate,
          "FILE is a php-fpm.conf; without it, those of the machine are read. Says where each setting lives now,\n"
          "writes a pool file for each pool and fpmd.conf for global settings, and overwrites nothing. If it does\n"
          "not understand something, it writes nothing. With --now it moves pool by pool, without losing a request.\n"
          "With --back php-fpm serves as before. See fpmd-migrate(7).\n" },
};

static const struct {
        struct option option;
        Option flag;
        const char *help;
} options[] = {
        { { "json", no_argument, NULL, 'j' }, OPTION_JSON, "--json           for programs" },
        { { "names", no_argument, NULL, 'N' }, OPTION_NAMES, "--names          only the names" },
        { { "once", no_argument, NULL, 'o' }, OPTION_ONCE, "--once           print once" },
        { { "sort", required_argument, NULL, 's' }, OPTION_SORT,
          "--sort=COLUMN    name, busy, queue, rate, cpu or memory" },
        { { "openmetrics", no_argument, NULL, 'm' }, OPTION_OPENMETRICS,
          "--openmetrics    the OpenMetrics format" },
        { { "lines", required_argument, NULL, 'n' }, OPTION_LINES,
          "-n, --lines=N    how many [10]" },
        { { "dry-run", no_argument, NULL, 'd' }, OPTION_DRY_RUN,
          "--dry-run        only say what would be written" },
        { { "now", no_argument, NULL, 'w' }, OPTION_NOW, "--now            also move the pools" },
        { { "back", no_argument, NULL, 'b' }, OPTION_BACK, "--back           undo the migration" },
        { { "for", required_argument, NULL, 'f' }, OPTION_FOR,
          "--for=TIME       as 90, 15m or 2h" },
        { { "all", no_argument, NULL, 'A' }, OPTION_ALL, "--all            all pools that are started" },
        { { "conf-dir", required_argument, NULL, 'C' }, OPTION_CONF_DIR,
          "--conf-dir=DIR   where pool files are [" FPMD_CONF_DIR "]" },
};
/* clang-format on */

static void usage(FILE *f) {
        fputs("Usage: fpmctl COMMAND [ARGUMENT]... [OPTION]...\n\n", f);
        for (size_t i = 0; i < ELEMENTSOF(commands); i++) {
                char left[32];

                snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].arguments);
                fprintf(f, "  %-19s  %s\n", left, commands[i].summary);
        }

        fputs("\n"
              "  -h, --help     print this text, or that of a command\n"
              "  -v, --version  print the version\n"
              "\n"
              "Exit status: 0 done, 1 refused, 64 wrong usage, 66 no such pool, 69 the pool does not\n"
              "run, 75 its manager did not answer in time, 76 it is of another version, 77 not\n"
              "allowed, 78 wrong configuration. fpmctl(1) has all.\n",
                        f);
}

static void usage_of(const Command *command, FILE *f) {
        fprintf(f, "Usage: fpmctl %s%s%s [OPTION]...\n\n%s\n", command->name,
                        *command->arguments ? " " : "", command->arguments, command->help);
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (command->options & options[i].flag)
                        fprintf(f, "  %s\n", options[i].help);
        fputs("  -h, --help       this text\n", f);
}

static const Command *find_command(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];

        return NULL;
}

/* --- arguments --- */

static int take_lines(Invocation *in, const char *text) {
        if (parse_uint(text, &in->lines) < 0 || in->lines == 0 || in->lines > LINES_MAX)
                return complain(EX_USAGE, "--lines is a number from 1 to %d", LINES_MAX);

        return EXIT_SUCCESS;
}

static int take_time(Invocation *in, const char *text) {
        uint64_t usec;

        if (parse_time(text, &usec) < 0 || usec < USEC_PER_SEC ||
                        usec / USEC_PER_SEC > CONTROL_DRAIN_SECONDS_MAX)
                return complain(EX_USAGE, "--for is a time from 1s to 365d");

        in->seconds = usec / USEC_PER_SEC;
        return EXIT_SUCCESS;
}

/* "/etc/x/" is "/etc/x": paths are made of it, and shown. */
static char *without_slashes(char *dir) {
        for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
                dir[n - 1] = '\0';

        return dir;
}

static int take_option(Invocation *in, int c) {
        switch (c) {
        case 'j':
                in->json = true;
                break;
        case 'N':
                in->names = true;
                break;
        case 'o':
                in->once = true;
                break;
        case 's':
                in->sort = optarg;
                break;
        case 'm':
                in->openmetrics = true;
                break;
        case 'd':
                in->dry_run = true;
                break;
        case 'w':
                in->now = true;
                break;
        case 'b':
                in->back = true;
                break;
        case 'A':
                in->all = true;
                break;
        case 'n':
                return take_lines(in, optarg);
        case 'f':
                return take_time(in, optarg);
        case 'C':
        default:
                in->conf_dir = without_slashes(optarg);
                break;
        }

        return EXIT_SUCCESS;
}

static unsigned flag_of(int c) {
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (options[i].option.val == c)
                        return options[i].flag;

        return 0;
}

/* What was given on the command line, before it is known to whom. */
typedef struct CommandLine {
        Invocation in;
        unsigned given; /* options */
        bool help, version;
} CommandLine;

static int read_options(CommandLine *line, int argc, char *argv[]) {
        struct option longs[ELEMENTSOF(options) + 3] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
        };
        int c, status = EXIT_SUCCESS;

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                longs[i + 2] = options[i].option;

        while (status == EXIT_SUCCESS && (c = getopt_long(argc, argv, "hvn:", longs, NULL)) >= 0)
                switch (c) {
                case 'h':
                        line->help = true;
                        break;
                case 'v':
                        line->version = true;
                        break;
                case '?':
                        return EX_USAGE;
                default:
                        line->given |= flag_of(c);
                        status = take_option(&line->in, c);
                        break;
                }

        return status;
}

static int run_command(const Command *command, const CommandLine *line) {
        const Invocation *in = &line->in;

        if (line->help) {
                usage_of(command, stdout);
                return EXIT_SUCCESS;
        }
        if (in->n_arguments < (in->all ? 0 : command->n_min) ||
                        in->n_arguments > (in->all ? 0 : command->n_max) ||
                        (line->given & ~command->options)) {
                usage_of(command, stderr);
                return EX_USAGE;
        }
        if (command->pool && in->n_arguments > 0 && !pool_name_is_valid(in->arguments[0]))
                return complain(EX_USAGE, "'%s' is not the name of a pool", in->arguments[0]);

        return command->run(in);
}

static int run(const CommandLine *line) {
        const Command *command;

        if (line->version) {
                puts("fpmctl " PACKAGE_VERSION);
                return EXIT_SUCCESS;
        }
        if (!line->in.command || strcmp(line->in.command, "help") == 0) {
                usage(line->help || line->in.command ? stdout : stderr);
                return line->help || line->in.command ? EXIT_SUCCESS : EX_USAGE;
        }

        command = find_command(line->in.command);
        if (!command)
                return complain(EX_USAGE, "there is no command '%s'; fpmctl --help has the list",
                                line->in.command);

        return run_command(command, line);
}

/* Widths of characters are those of UTF-8, which all that is printed is. */
static void set_locale(void) {
        setlocale(LC_ALL, "");
        if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
                setlocale(LC_CTYPE, "C.UTF-8");
        setlocale(LC_NUMERIC, "C");
}

/* A connection for each pool. */
static void raise_file_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) >= 0) {
                limit.rlim_cur = limit.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &limit);
        }
}

/* What a script reads is whole where the exit status is 0. */
static int end_of_output(int status) {
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;

        return status != EXIT_SUCCESS ? status
                                      : complain(EX_IOERR, "cannot write: %s", strerror(errno));
}

int main(int argc, char *argv[]) {
        CommandLine line = { .in = { .conf_dir = FPMD_CONF_DIR, .lines = LINES_DEFAULT } };
        int status;

        set_locale();
        raise_file_limit();
        status = read_options(&line, argc, argv);
        if (status != EXIT_SUCCESS)
                return status;

        if (optind < argc) {
                line.in.command = argv[optind];
                line.in.arguments = (const char **) argv + optind + 1;
                line.in.n_arguments = (size_t) (argc - optind - 1);
        }

        return end_of_output(run(&line));
}
