/* SPDX-License-Identifier: MIT */
/* fpmctl check: whether pool files are right, for this machine. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "config/pool_files.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/pool_view.h"
#include "fpmctl/pools/pools.h"

typedef struct Check {
        const Invocation *in;
        json_t *list; /* NULL: lines */
        int status;
} Check;

static void print_line(const char *line, bool good) {
        char escaped[4096];

        escape_string(escaped, sizeof(escaped), line);
        fprintf(good ? stdout : stderr, "%s\n", escaped);
}

/* What a pool runs and was replaced on disk since. It is no mistake of the pool file. */
static void tell_outdated(const PoolFacts *pool, json_t *lines) {
        const json_t *answer = pool->question.json;
        char line[256];

        if (pool->question.result < 0 || *answer_text(answer, "outdated") == '\0')
                return;

        snprintf(line, sizeof(line), "%s runs, and %s was replaced on disk since: %s the pool",
                        pool->name, answer_text(answer, "outdated"), pool_view_remedy(answer));
        if (lines)
                (void) json_array_append_new(lines, json_string(line));
        else
                print_line(line, true);
}

/* known: the pool, whose manager was asked; NULL: a file is tried. */
static void print_result(
                Check *check, const char *pool, int status, char *output, const PoolFacts *known) {
        json_t *lines = check->list ? json_array() : NULL;
        char *line;

        while ((line = strsep(&output, "\n"))) {
                if (*line == '\0')
                        continue;
                if (lines)
                        (void) json_array_append_new(lines, json_string(line));
                else
                        print_line(line, status == EXIT_SUCCESS);
        }
        if (known)
                tell_outdated(known, lines);

        if (lines)
                (void) json_array_append_new(check->list,
                                json_pack("{s:s, s:b, s:o}", "pool", pool, "good",
                                                status == EXIT_SUCCESS, "messages", lines));
}

/* One of many pools: its mistakes do not stop the others. */
static void tell(Check *check, const char *pool, int status, char *output, const PoolFacts *known) {
        if (status < 0) {
                check->status = complain(EX_OSERR, "cannot run %s: %s", FPMD_MANAGER_PROGRAM,
                                strerror(-status));
                return;
        }

        if (status != EXIT_SUCCESS)
                check->status = status;
        print_result(check, pool, status, output, known);
}

static void check_pool(
                Check *check, const char *conf_dir, const char *pool, const PoolFacts *known) {
        _cleanup_free_ char *output = NULL;
        int status = checker_run(conf_dir, pool, &output);

        tell(check, pool, status, output, known);
}

/* The pool that was asked for. */
static void check_named(Check *check, const char *conf_dir, const char *pool) {
        _cleanup_(pools_done) Pools pools = {};
        PoolFacts *known = pools_get(&pools, pool);

        if (!known)
                check->status = complain_memory();
        else if (!pool_has_file(conf_dir, pool))
                check->status = complain_no_pool(conf_dir, pool);
        else {
                pools_ask(&pools, ASK_TIMEOUT_USEC);
                check_pool(check, conf_dir, pool, known);
        }
}

/* New: the folder of a path, as it is written, without slashes at its end. NULL: no memory. */
static char *folder_of(const char *path) {
        const char *slash = strrchr(path, '/');

        while (slash && slash > path && slash[-1] == '/')
                slash--;
        if (!slash)
                return strdup(".");

        return strndup(path, slash > path ? (size_t) (slash - path) : 1);
}

/* Whether a pool of this machine stands in that file: then fpmd.conf has defaults for it. */
static bool is_of(const PoolFiles *files, const char *path) {
        for (size_t i = 0; i < files->n_items; i++)
                if (strcmp(files->items[i].file, path) == 0)
                        return true;

        return false;
}

/* The pools of one file, which is tried as one of its folder. */
static void check_file(Check *check, const char *path) {
        _cleanup_(pool_files_done) PoolFiles files = {}, known = {};
        _cleanup_free_ char *dir = folder_of(path);
        size_t size = strlen(path), suffix = strlen(".conf");

        if (!dir || pool_files_read_file(&files, path, NULL, NULL) < 0) {
                check->status = complain_memory();
                return;
        }
        if (size <= suffix || strcmp(path + size - suffix, ".conf") != 0 || files.n_items == 0) {
                check->status = complain(EX_USAGE,
                                "%s: a file of pools is called NAME.conf, and has a section [POOL]",
                                path);
                return;
        }
        if (access(path, F_OK) < 0 && errno == ENOENT) {
                check->status = complain_no_pool(dir, files.items[0].name);
                return;
        }

        (void) pool_files_read(&known, check->in->conf_dir, NULL, NULL);
        for (size_t i = 0; i < files.n_items; i++)
                check_pool(check, is_of(&known, path) ? check->in->conf_dir : dir,
                                files.items[i].name, NULL);
}

static void check_those(Check *check, const PoolFacts *const those[], size_t n) {
        _cleanup_(checker_results_done) CheckerResults results = {};
        _cleanup_free_ const char **names = calloc(n + 1, sizeof(*names));

        for (size_t i = 0; names && i < n; i++)
                names[i] = those[i]->name;
        if (!names || checker_run_all(check->in->conf_dir, names, n, &results) < 0) {
                check->status = complain_memory();
                return;
        }

        for (size_t i = 0; i < n; i++)
                tell(check, names[i], results.items[i].status, results.items[i].output, those[i]);
}

static void check_all(Check *check) {
        _cleanup_(pools_done) Pools pools = {};
        _cleanup_free_ const PoolFacts **those = NULL;
        size_t n = 0;
        int r;

        r = pools_find(&pools, check->in->conf_dir, POOLS_WITHOUT_UNITS);
        if (r < 0) {
                check->status = complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));
                return;
        }

        pools_ask(&pools, ASK_TIMEOUT_USEC);
        those = calloc(pools.n_items + 1, sizeof(*those));
        if (!those) {
                check->status = complain_memory();
                return;
        }

        for (size_t i = 0; i < pools.n_items; i++)
                if (pools.items[i].has_file)
                        those[n++] = &pools.items[i];
        check_those(check, those, n);
}

/* "example.org" is a pool, also where a folder of this name is in the folder that fpmctl runs in. */
static bool means_file(const char *what) {
        size_t size = strlen(what), suffix = strlen(".conf");

        return strchr(what, '/') || (size > suffix && strcmp(what + size - suffix, ".conf") == 0 &&
                                                    access(what, F_OK) == 0);
}

int command_check(const Invocation *in) {
        json_auto_t *list = in->json ? json_array() : NULL;
        Check check = { .in = in, .list = list };
        const char *what = in->n_arguments > 0 ? in->arguments[0] : NULL;

        if (!what)
                check_all(&check);
        else if (means_file(what))
                check_file(&check, what);
        else if (pool_name_is_valid(what))
                check_named(&check, in->conf_dir, what);
        else
                return complain(EX_USAGE, "'%s' is neither a pool nor a file", what);

        if (in->json && list) {
                int status = print_json(list);

                return check.status != EXIT_SUCCESS ? check.status : status;
        }

        return check.status;
}
