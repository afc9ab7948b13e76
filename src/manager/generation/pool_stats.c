/* SPDX-License-Identifier: MIT */
/* What can be seen of a pool from outside. */

#include <string.h>

#include "base/number.h"
#include "contract/control.h"
#include "manager/base/own_program.h"
#include "manager/generation/pool_internal.h"

_Static_assert((1 + DRAINING_MAX) * SCOREBOARD_SLOTS_MAX <= CONTROL_WORKERS_MAX,
                "fpmctl takes an answer that names all");

int pool_each_generation(Pool *pool, GenerationVisit visit, void *userdata) {
        int r = 0;

        if (pool->current)
                r = visit(pool->current, userdata);
        for (size_t i = 0; r >= 0 && i < pool->n_draining; i++)
                r = visit(pool->draining[i], userdata);

        return r < 0 ? r : 0;
}

Generation *pool_generation(Pool *pool, unsigned number) {
        if (pool->current && generation_number(pool->current) == number)
                return pool->current;

        for (size_t i = 0; i < pool->n_draining; i++)
                if (generation_number(pool->draining[i]) == number)
                        return pool->draining[i];

        return NULL;
}

bool pool_is_reloading(const Pool *pool) {
        return pool->next;
}

uint64_t pool_drain_limit_usec(const Pool *pool) {
        uint64_t limit = pool->current ? generation_drain_limit_usec(pool->current) : 0;

        for (size_t i = 0; i < pool->n_draining; i++)
                limit = number_max(limit, generation_drain_limit_usec(pool->draining[i]));

        return limit;
}

const Generation *pool_oldest_in_the_way(const Pool *pool) {
        return pool->n_draining == DRAINING_MAX ? pool->draining[0] : NULL;
}

static void add_draining(Pool *pool, PoolStatus *status) {
        ScoreboardSummary summary;

        for (size_t i = 0; i < pool->n_draining; i++)
                if (generation_add_counts(pool->draining[i], &status->counts, &summary) >= 0)
                        status->n_draining += summary.n_busy + summary.n_idle + summary.n_starting;
}

static const char *state_name(const Pool *pool) {
        if (pool->state == POOL_STARTING)
                return "starting";
        if (pool->state == POOL_STOPPING)
                return "stopping";

        if (!pool->next)
                return "serving";

        return pool->next_reason == START_RELOAD ? "reloading" : "restarting";
}

/* Without that of pm.status_listen, where it is known which it is. */
static unsigned queue_length(const Pool *pool) {
        return pool->current ? generation_queue_length(pool->current)
                             : listeners_queue_length(&pool->listeners);
}

bool pool_has_handed_over(const Pool *pool) {
        return handoff_pair_depth(pool->listeners.pair) > 0;
}

void pool_status(Pool *pool, PoolStatus *ret) {
        ScoreboardSummary summary = {};
        unsigned n_queued = queue_length(pool);

        if (n_queued > pool->counts_before.n_queued_max)
                pool->counts_before.n_queued_max = n_queued;

        *ret = (PoolStatus){
                .state = state_name(pool),
                .pm = process_manager_name(pool->resources.config->pm),
                .n_queued = n_queued,
                .counts = pool->counts_before,
        };
        memcpy(ret->n_exits, pool->n_exits, sizeof(ret->n_exits));
        add_draining(pool, ret);
        ret->counts_before = ret->counts;
        if (!pool->current || generation_add_counts(pool->current, &ret->counts, &summary) < 0)
                return;

        ret->n_idle = summary.n_idle;
        ret->n_busy = summary.n_busy;
        ret->n_starting = summary.n_starting;
        ret->worker_limit = generation_worker_limit(pool->current);
        generation_describe_worker_limit(
                        pool->current, ret->why_worker_limit, sizeof(ret->why_worker_limit));
        ret->generation = generation_number(pool->current);
        ret->reason = pool->reason;
        ret->config_usec = pool->resources.config ? pool->resources.config->read_usec : 0;
        ret->php_start_usec = generation_php_start_usec(pool->current);
}

/* A restart brings in a new PHP too. */
const char *pool_outdated(const Pool *pool, const char **ret_remedy) {
        if (own_program_is_replaced()) {
                *ret_remedy = "restart";
                return "fpmd";
        }

        *ret_remedy = "reload";
        return pool->current ? generation_outdated(pool->current) : NULL;
}

static int add_durations(Generation *generation, void *userdata) {
        Durations durations;

        if (generation_durations(generation, &durations) >= 0)
                durations_add(userdata, &durations);

        return 0;
}

void pool_durations(Pool *pool, Durations *ret) {
        *ret = pool->durations_before;
        (void) pool_each_generation(pool, add_durations, ret);
}

typedef struct Counted {
        Generation *generation;
        uint32_t question; /* read before the counts */
        GenerationCounts counts;
} Counted;

typedef struct AllCounted {
        Counted items[DRAINING_MAX + 2];
        size_t n;
        bool is_alone; /* one generation, whose own counts nobody needs from here */
} AllCounted;

static int count_generation(Generation *generation, void *userdata) {
        AllCounted *all = userdata;
        Counted *counted = &all->items[all->n++];
        ScoreboardSummary summary;

        *counted = (Counted){
                .generation = generation,
                .question = generation_totals_asked(generation),
        };
        if (!all->is_alone)
                (void) generation_add_counts(generation, &counted->counts, &summary);
        return 0;
}

/* The next generation counts as soon as its first worker is at the socket, which is before the manager learns of it. */
static void count_all(Pool *pool, AllCounted *ret) {
        ret->n = 0;
        ret->is_alone = pool->n_draining + (pool->current != NULL) + (pool->next != NULL) == 1;
        (void) pool_each_generation(pool, count_generation, ret);
        if (pool->next)
                (void) count_generation(pool->next, ret);
}

/* What all others have counted, whether they live or not. */
static GenerationCounts count_others(
                const Pool *pool, const AllCounted *all, const Counted *except) {
        GenerationCounts sum = pool->counts_before;

        for (size_t i = 0; i < all->n; i++) {
                const GenerationCounts *counts = &all->items[i].counts;

                if (&all->items[i] == except)
                        continue;

                sum.n_requests += counts->n_requests;
                sum.n_busy_max = number_max(sum.n_busy_max, counts->n_busy_max);
                sum.n_queued_max = number_max(sum.n_queued_max, counts->n_queued_max);
        }

        return sum;
}

static void publish(const Pool *pool, const PoolStatus *status, const AllCounted *all,
                const Counted *to) {
        GenerationCounts others = count_others(pool, all, to);

        generation_publish(to->generation,
                        &(PoolTotals){
                                        .start_sec = pool->start_sec,
                                        .n_requests_before = others.n_requests,
                                        .n_limit_reached = status->counts.n_limit_reached,
                                        .n_slow = status->counts.n_slow,
                                        .n_queued_max = number_max(status->counts.n_queued_max,
                                                        others.n_queued_max),
                                        .n_busy_max = others.n_busy_max,
                                        .worker_limit = generation_worker_limit(to->generation),
                                        .generation = generation_number(to->generation),
                                        .is_out_of_rotation = pool->is_out_of_rotation,
                        },
                        all->is_alone, to->question);
}

void pool_publish(Pool *pool) {
        PoolStatus status;
        AllCounted all;

        pool_status(pool, &status);
        count_all(pool, &all);
        for (size_t i = 0; i < all.n; i++)
                publish(pool, &status, &all, &all.items[i]);
}
