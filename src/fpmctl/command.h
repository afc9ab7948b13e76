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
#include "fpmctl/table.h"

/* How long all managers together may take. */
#define ASK_TIMEOUT_USEC (3 * USEC_PER_SEC / 2)

typedef struct Invocation {
        const char *command;
        const char **arguments;
        size_t n_arguments;
        const char *conf_dir;
        bool json;
        bool names;       /* list: nothing else */
        bool once;        /* top: one picture */
        bool openmetrics; /* metrics */
        bool dry_run, now, back; /* migrate */
        const char *sort; /* top: by which column, NULL: its own choice */
        uint64_t lines;   /* slow: how many */
        uint64_t seconds; /* drain: for how long, 0: without an end */
} Invocation;

/* Each returns the exit status. */
int command_check(const Invocation *in);
int command_config(const Invocation *in);
int command_directives(const Invocation *in);
int command_list(const Invocation *in);
int command_metrics(const Invocation *in);
int command_migrate(const Invocation *in);
int command_drain(const Invocation *in); /* and undrain */
int command_ping(const Invocation *in);
int command_reload(const Invocation *in);
int command_remove(const Invocation *in);
int command_requests(const Invocation *in);
int command_slow(const Invocation *in);
int command_status(const Invocation *in);
int command_top(const Invocation *in);
int command_trace(const Invocation *in);

/* One clear line on standard error, and the exit status that goes with it. */
_printf_(2, 3) int complain(int status, const char *format, ...);
int complain_memory(void);

/* Whether there is a pool file of that name, and what is said and returned where there is none. */
bool pool_has_file(const char *conf_dir, const char *pool);
int complain_no_pool(const char *conf_dir, const char *pool);

/* Why a question was not answered. */
int complain_question(const Invocation *in, const Question *question);

/* As table_look() finds it, standard output is. */
TableLook output_look(void);

/* Prints, and frees nothing. The exit status. */
int print_table(const Table *table);
int print_json(const json_t *json);

/* A line of "name:   value". */
_printf_(2, 3) void print_value(const char *name, const char *format, ...);

/* Fields of an answer, whatever is there: 0, 0.0 or "" where it is not of the type. path is "a.b". */
uint64_t answer_number(const json_t *answer, const char *path);
double answer_real(const json_t *answer, const char *path);
const char *answer_text(const json_t *answer, const char *path);
