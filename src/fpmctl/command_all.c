/* SPDX-License-Identifier: MIT */
/* --all: one command for all pools of the machine, one after the other. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "contract/rotation.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/pools/pools.h"

/* The commands that want an answer of a manager; of the others a pool at rest is no less than one that runs. */
static bool asks_only(const Invocation *in) {
        return strcmp(in->command, "status") == 0 || strcmp(in->command, "ping") == 0;
}

/* A pool at rest is not woken to be asked. */
static int tell_at_rest(const Invocation *in, const PoolFacts *pool) {
        if (strcmp(in->command, "ping") == 0 && rotation_seconds_left(pool->name) > 0)
                return complain(EXIT_FAILURE, "pool %s is drained", pool->name);

        if (in->json) {
                json_auto_t *json = json_pack("{s:s, s:s}", "pool", pool->name, "state",
                                pool_presence_name(pool_presence(pool)));

                return print_json(json);
        }

        print_pool_line(in, pool_presence_name(pool_presence(pool)));
        return EXIT_SUCCESS;
}

static bool is_at_rest(const PoolFacts *pool) {
        PoolPresence presence = pool_presence(pool);

        return presence == PRESENCE_LISTENING || presence == PRESENCE_IDLE;
}

/* The files of those that are at rest, which a reload only checks. */
typedef struct AtRest {
        const char **names;
        size_t n_names;
        CheckerResults results;
} AtRest;

static void at_rest_done(AtRest *at_rest) {
        checker_results_done(&at_rest->results);
        free(at_rest->names);
}

static int check_at_rest(const Invocation *in, const Pools *pools, AtRest *at_rest) {
        at_rest->names = calloc(pools->n_items + 1, sizeof(*at_rest->names));
        if (!at_rest->names)
                return -ENOMEM;

        for (size_t i = 0; i < pools->n_items; i++)
                if (is_at_rest(&pools->items[i]))
                        at_rest->names[at_rest->n_names++] = pools->items[i].name;

        return checker_run_all(in->conf_dir, at_rest->names, at_rest->n_names, &at_rest->results);
}

static int run_one(const Invocation *in, int (*run)(const Invocation *), const PoolFacts *pool,
                AtRest *checked) {
        const char *name = pool->name;
        Invocation one = *in;

        one.arguments = &name;
        one.n_arguments = 1;
        /* Nobody has started it: it has no part in what all do. */
        if (pool_presence(pool) == PRESENCE_STOPPED && !pool->has_run)
                return EXIT_SUCCESS;
        if (asks_only(in) && is_at_rest(pool))
                return tell_at_rest(&one, pool);

        for (size_t i = 0; i < checked->results.n_items; i++)
                if (checked->names[i] == pool->name)
                        return command_reload_at_rest(&one, checked->results.items[i].status,
                                        checked->results.items[i].output);

        return run(&one);
}

int command_all(const Invocation *in, int (*run)(const Invocation *)) {
        _cleanup_(pools_done) Pools pools = {};
        _cleanup_(at_rest_done) AtRest at_rest = {};
        int status = EXIT_SUCCESS, r;

        r = pools_find(&pools, in->conf_dir, POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));
        if (strcmp(in->command, "reload") == 0 && check_at_rest(in, &pools, &at_rest) < 0)
                return complain_memory();

        /* All are tried; the first failure is told by the exit status. */
        for (size_t i = 0; i < pools.n_items; i++) {
                int one = run_one(in, run, &pools.items[i], &at_rest);

                if (status == EXIT_SUCCESS)
                        status = one;
        }

        return status;
}
