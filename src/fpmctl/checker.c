/* SPDX-License-Identifier: MIT */
#include "fpmctl/checker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "fpmctl/pools/program.h"

enum {
        RUN_MAX = 2048, /* pools that one run checks: their names are its arguments */
};

int checker_run(const char *conf_dir, const char *pool, char **ret) {
        _cleanup_free_ char *option = NULL;

        if (asprintf(&option, "--conf-dir=%s", conf_dir) < 0)
                return -ENOMEM;

        return program_run(
                        (const char *const[]){ FPMD_MANAGER_PROGRAM, option, "--test", pool, NULL },
                        ret);
}

void checker_results_done(CheckerResults *results) {
        for (size_t i = 0; i < results->n_items; i++)
                free(results->items[i].output);

        free(results->items);
        *results = (CheckerResults){};
}

/* Runs it for more than one pool. *ret is NULL where that fails. */
static void run_many(const char *conf_dir, const char *const pools[], size_t n, char **ret) {
        _cleanup_free_ char *option = NULL;
        _cleanup_free_ const char **arguments = calloc(n + 4, sizeof(*arguments));

        *ret = NULL;
        if (!arguments || asprintf(&option, "--conf-dir=%s", conf_dir) < 0)
                return;

        arguments[0] = FPMD_MANAGER_PROGRAM;
        arguments[1] = option;
        arguments[2] = "--test";
        memcpy(arguments + 3, pools, n * sizeof(*pools));
        if (program_run(arguments, ret) < 0)
                *ret = NULL;
}

/* Cuts off *rest what is said of this pool, up to its last line, "[POOL] STATUS". Returns whether that is there. */
static bool take_part(char **rest, const char *pool, CheckerResult *ret) {
        size_t size = strlen(pool);

        for (char *line = *rest; line && *line; line = strchr(line, '\n') + 1) {
                char *end = strchr(line, '\n'), *after;
                long status;

                if (!end)
                        return false;
                if (line[0] != '[' || strncmp(line + 1, pool, size) != 0 ||
                                strncmp(line + 1 + size, "] ", 2) != 0)
                        continue;

                status = strtol(line + size + 3, &after, 10);
                if (after != end)
                        continue;

                *line = '\0';
                *ret = (CheckerResult){ .status = (int) status, .output = strdup(*rest) };
                *rest = end + 1;
                return ret->output;
        }

        return false;
}

int checker_run_all(
                const char *conf_dir, const char *const pools[], size_t n, CheckerResults *ret) {
        CheckerResults results = { .items = calloc(n + 1, sizeof(*results.items)), .n_items = n };

        if (!results.items)
                return -ENOMEM;

        for (size_t first = 0; first < n; first += RUN_MAX) {
                size_t n_now = n - first < RUN_MAX ? n - first : RUN_MAX;
                _cleanup_free_ char *output = NULL;
                char *rest;

                if (n_now > 1)
                        run_many(conf_dir, pools + first, n_now, &output);
                rest = output;
                /* One that the others were not checked behind is checked alone. */
                for (size_t i = first; i < first + n_now; i++)
                        if (!take_part(&rest, pools[i], &results.items[i]))
                                results.items[i].status = checker_run(
                                                conf_dir, pools[i], &results.items[i].output);
        }

        *ret = results;
        return 0;
}

void checker_print(char *output, FILE *f) {
        char escaped[4096], *line;

        while ((line = strsep(&output, "\n"))) {
                if (*line == '\0')
                        continue;
                escape_string(escaped, sizeof(escaped), line);
                fprintf(f, "%s\n", escaped);
        }
}
