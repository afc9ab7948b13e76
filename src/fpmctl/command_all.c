/* SPDX-License-Identifier: MIT */
/* --all: one command for all pools of the machine. Several managers are asked beside each other, so that one which does
 * not answer, as that of a hardened pool may choose to, keeps nobody else waiting; what is said stays in the order of
 * the names, but for those that others were not to wait for. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "contract/rotation.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/pools/pools.h"

enum {
        ASKED_AT_ONCE = 64,

        /* Each start of PHP takes a CPU and some MiB; below this, as many managers that do not answer would be too soon
         * in the way of others. */
        STARTED_AT_ONCE_MIN = 4,
        STARTED_AT_ONCE_MAX = 32,

        SLOW_SEC = 10, /* a start of PHP that takes longer does not work, but waits or hangs */
};

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

/* --- one of them --- */

typedef struct AllPools {
        const Invocation *in;
        const PoolQuestion *asked;
        Pools pools;
        AtRest at_rest;
        struct OnePool {
                int status; /* what the command ends with */
                bool is_told, is_told_slow;
        } * ones;
        Question *questions; /* of each pool; one that is not asked has a result */
} AllPools;

static void all_pools_done(AllPools *all) {
        for (size_t i = 0; all->questions && i < all->pools.n_items; i++)
                question_done(&all->questions[i]);

        free(all->questions);
        free(all->ones);
        at_rest_done(&all->at_rest);
        pools_done(&all->pools);
}

/* Nobody has started it: it has no part in what all do. */
static bool is_left_out(const PoolFacts *pool) {
        return pool_presence(pool) == PRESENCE_STOPPED && !pool->has_run;
}

static const CheckerResult *find_checked(const AllPools *all, const PoolFacts *pool) {
        for (size_t i = 0; i < all->at_rest.results.n_items; i++)
                if (all->at_rest.names[i] == pool->name)
                        return &all->at_rest.results.items[i];

        return NULL;
}

static bool is_asked(const AllPools *all, const PoolFacts *pool) {
        return !is_left_out(pool) && !(asks_only(all->in) && is_at_rest(pool)) &&
               !find_checked(all, pool);
}

static Invocation invocation_of(const AllPools *all, const char **name) {
        Invocation in = *all->in;

        in.arguments = name;
        in.n_arguments = 1;
        return in;
}

static int tell_one(AllPools *all, size_t i) {
        const PoolFacts *pool = &all->pools.items[i];
        const CheckerResult *checked = find_checked(all, pool);
        const char *name = pool->name;
        Invocation in = invocation_of(all, &name);

        if (is_left_out(pool) || all->ones[i].status != EXIT_SUCCESS)
                return all->ones[i].status;
        if (checked)
                return command_reload_at_rest(&in, checked->status, checked->output);
        if (!is_asked(all, pool))
                return tell_at_rest(&in, pool);

        return all->asked->tell(&in, &all->questions[i]);
}

/* --- all of them --- */

static void all_pools_begin(Question *question, void *userdata) {
        AllPools *all = userdata;
        size_t i = (size_t) (question - all->questions);
        const char *name = question->pool;
        Invocation in = invocation_of(all, &name);

        if (all->asked->prepare)
                all->ones[i].status = all->asked->prepare(&in, question);
        if (all->ones[i].status != EXIT_SUCCESS)
                question->result = -ECANCELED;
}

static void tell_slow(AllPools *all, size_t i) {
        if (!all->ones[i].is_told_slow)
                (void) complain(EXIT_SUCCESS,
                                "pool %s: no answer within %d seconds: the others go on, and this one is "
                                "waited for up to %" PRIu64 " minutes",
                                all->pools.items[i].name, SLOW_SEC,
                                all->asked->timeout_usec / USEC_PER_SEC / 60);

        all->ones[i].is_told_slow = true;
}

/* Those whose turn it is in the order of their names. */
static void all_pools_tell(void *userdata) {
        AllPools *all = userdata;

        for (size_t i = 0; i < all->pools.n_items; i++) {
                Question *question = &all->questions[i];

                if (all->ones[i].is_told)
                        continue;
                if (question->result == -EINPROGRESS) {
                        if (!question->is_slow)
                                break;
                        tell_slow(all, i);
                        continue;
                }

                all->ones[i].status = tell_one(all, i);
                all->ones[i].is_told = true;
                question_done(question);
                /* Others may take minutes. */
                (void) fflush(stdout);
        }
}

static size_t count_at_once(const PoolQuestion *asked) {
        long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);

        if (!asked->starts_php)
                return ASKED_AT_ONCE;

        return (size_t) number_max(STARTED_AT_ONCE_MIN,
                        number_min(STARTED_AT_ONCE_MAX, n_cpus > 0 ? (uint64_t) n_cpus : 1));
}

static int find_all(AllPools *all) {
        int r;

        r = pools_find(&all->pools, all->in->conf_dir, POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));

        all->ones = calloc(all->pools.n_items + 1, sizeof(*all->ones));
        all->questions = calloc(all->pools.n_items + 1, sizeof(*all->questions));
        if (!all->ones || !all->questions)
                return complain_memory();
        if (all->asked->verb == CONTROL_RELOAD &&
                        check_at_rest(all->in, &all->pools, &all->at_rest) < 0)
                return complain_memory();

        for (size_t i = 0; i < all->pools.n_items; i++) {
                const PoolFacts *pool = &all->pools.items[i];

                question_init(&all->questions[i], pool->name, all->asked->verb);
                all->questions[i].insists = true;
                if (!is_asked(all, pool))
                        all->questions[i].result = 0;
        }

        return EXIT_SUCCESS;
}

int command_ask_all(const Invocation *in, const PoolQuestion *asked) {
        _cleanup_(all_pools_done) AllPools all = { .in = in, .asked = asked };
        const ClientTurns turns = {
                .n_at_once = count_at_once(asked),
                .slow_usec = SLOW_SEC * USEC_PER_SEC,
                .begin = all_pools_begin,
                .progress = all_pools_tell,
                .userdata = &all,
        };
        int status;

        status = find_all(&all);
        if (status != EXIT_SUCCESS)
                return status;

        client_ask_in_turns(all.questions, all.pools.n_items, asked->timeout_usec, &turns);

        /* All were tried; the first failure, in the order of their names, is told by the exit status. */
        for (size_t i = 0; i < all.pools.n_items && status == EXIT_SUCCESS; i++)
                status = all.ones[i].status;

        return status;
}
