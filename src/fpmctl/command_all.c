/* SPDX-License-Identifier: MIT */
/* --all: one command for all pools of the machine, one after the other. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "contract/rotation.h"
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

static int run_one(const Invocation *in, int (*run)(const Invocation *), const PoolFacts *pool) {
        PoolPresence presence = pool_presence(pool);
        const char *name = pool->name;
        Invocation one = *in;

        one.arguments = &name;
        one.n_arguments = 1;
        /* Nobody has started it: it has no part in what all do. */
        if (presence == PRESENCE_STOPPED && !pool->has_run)
                return EXIT_SUCCESS;
        if (asks_only(in) && (presence == PRESENCE_LISTENING || presence == PRESENCE_IDLE))
                return tell_at_rest(&one, pool);

        return run(&one);
}

int command_all(const Invocation *in, int (*run)(const Invocation *)) {
        _cleanup_(pools_done) Pools pools = {};
        int status = EXIT_SUCCESS, r;

        r = pools_find(&pools, in->conf_dir, POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));

        /* All are tried; the first failure is told by the exit status. */
        for (size_t i = 0; i < pools.n_items; i++) {
                int one = run_one(in, run, &pools.items[i]);

                if (status == EXIT_SUCCESS)
                        status = one;
        }

        return status;
}
