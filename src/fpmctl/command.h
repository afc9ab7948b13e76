/* SPDX-License-Identifier: MIT */
#pragma once
/* Command: what each subcommand of fpmctl is given, and what they all do alike.
 *
 * Runs in: fpmctl. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/parse.h"
#include "fpmctl/pools/client.h"
#include "fpmctl/pools/pools.h"
#include "fpmctl/table.h"

/* How long fpmctl waits for all managers together. */
#define ASK_TIMEOUT_USEC (3 * USEC_PER_SEC / 2)

typedef struct Invocation {
        const char *command;
        const char **arguments;
        size_t n_arguments;
        const char *conf_dir;
        bool json;
        bool names;              /* list: nothing else */
        bool once;               /* top: one picture */
        bool openmetrics;        /* metrics */
        bool dry_run, now, back; /* migrate */
        bool all;                /* this is one of all pools */
        const char *sort;        /* top: by which column, NULL: its own choice */
        uint64_t lines;          /* slow: how many */
        uint64_t seconds;        /* drain: for how long, 0: without an end */
} Invocation;

/* Run a command. Each returns the exit status. */
int command_check(const Invocation *in);
int command_config(const Invocation *in);
int command_directives(const Invocation *in);
int command_list(const Invocation *in);
int command_metrics(const Invocation *in);
int command_migrate(const Invocation *in);
int command_drain(const Invocation *in); /* and undrain */
int command_ping(const Invocation *in);
int command_reload(const Invocation *in);

/* A command that is one question to the manager of the pool that is its first argument; with --all, to those of all. */
typedef struct PoolQuestion {
        ControlVerb verb;
        uint64_t timeout_usec;
        bool starts_php; /* each answer costs the machine a start of PHP: few are asked at once */

        /* Sets what else the manager is to be told. If it does not return EXIT_SUCCESS, that is the exit status, and
         * the manager is not asked. May be NULL. */
        int (*prepare)(const Invocation *in, Question *question);

        /* Prints the result, and returns the exit status. */
        int (*tell)(const Invocation *in, Question *question);
} PoolQuestion;

/* Asks it. */
int command_ask(const Invocation *in, const PoolQuestion *asked);
int command_ask_all(const Invocation *in, const PoolQuestion *asked);

/* Tells of a pool that systemd will start for the next connection what a check of its file has said, see checker_run():
 * it has nothing to reload, and the next start reads the file, which is to be right by then. Returns the exit status.
 * Takes output apart. */
int command_reload_at_rest(const Invocation *in, int status, char *output);

int command_remove(const Invocation *in);
int command_requests(const Invocation *in);
int command_slow(const Invocation *in);
int command_status(const Invocation *in);
int command_top(const Invocation *in);
int command_trace(const Invocation *in);

/* Writes one line on standard error, and returns status. */
_printf_(2, 3) int complain(int status, const char *format, ...);
int complain_memory(void);

/* Returns whether there is a pool file of that name; writes the message for a pool that has none, and returns the exit
 * status. */
bool pool_has_file(const char *conf_dir, const char *pool);
int complain_no_pool(const char *conf_dir, const char *pool);

/* Writes how a pool that has failed is brought back, and returns the exit status. */
int complain_failed(const char *pool);

/* Returns the state of a pool as systemd has it, without a question to its manager. */
PoolPresence pool_presence_by_unit(const char *pool);

/* Writes one line on standard output, escaped. */
_printf_(1, 2) void say(const char *format, ...);

/* Prints a line about the pool that is the first argument, escaped; with --all its name stands in front. */
void print_pool_line(const Invocation *in, const char *text);

/* Writes why a question was not answered, and returns the exit status. */
int complain_question(const Invocation *in, const Question *question);

/* Returns how tables look on standard output: with colours and a width if it is a terminal. */
TableFormat output_format(void);

/* Print a table or JSON, which stay the caller's. Return the exit status; that all was written main() sees. */
int print_table(const Table *table);
int print_json(const json_t *json);

/* Prints a line of "name:   value". */
_printf_(2, 3) void print_value(const char *name, const char *format, ...);

/* The most that answer_real() returns: as a number of seconds or microseconds it fits into 64 bits. */
#define ANSWER_REAL_MAX 1e12

/* Return a field of an answer: 0, 0.0 or "" where it is missing, of another type or below 0. path is "a.b". */
uint64_t answer_number(const json_t *answer, const char *path);
double answer_real(const json_t *answer, const char *path);
const char *answer_text(const json_t *answer, const char *path);
