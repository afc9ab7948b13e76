/* SPDX-License-Identifier: MIT */
/* What can be seen of a pool from outside. */

#include <string.h>

#include "manager/pool_parts.h"

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

static void add_draining(Pool *pool, PoolStatus *status) {
        ScoreboardSummary summary;

        for (size_t i = 0; i < pool->n_draining; i++) {
                if (generation_summarize(pool->draining[i], &summary) < 0)
                        continue;

                status->n_draining += summary.n_busy + summary.n_idle + summary.n_starting;
                status->n_requests += summary.n_requests;
                status->n_slow += generation_slow_requests(pool->draining[i]);
                status->n_limit_reached += generation_limit_reached(pool->draining[i]);
                status->n_queue_timeouts += generation_queue_timeouts(pool->draining[i]);
        }
}

static const char *state_name(const Pool *pool) {
        if (pool->state == POOL_STARTING)
                return "starting";
        if (pool->state == POOL_STOPPING)
                return "stopping";

        return pool->next ? "reloading" : "running";
}

/* Without that of pm.status_listen, where it is known which it is. */
static unsigned queue_length(const Pool *pool) {
        QueueDepth depth;

        if (pool->current)
                generation_queue_depth(pool->current, &depth);
        else
                listeners_queue_depth(pool->context.listeners, &depth);

        return depth.n_queued;
}

static uint64_t queue_peak(Pool *pool, unsigned n_queued) {
        if (n_queued > pool->n_queued_max)
                pool->n_queued_max = n_queued;
        if (pool->current && generation_queue_peak(pool->current) > pool->n_queued_max)
                pool->n_queued_max = generation_queue_peak(pool->current);
        for (size_t i = 0; i < pool->n_draining; i++)
                if (generation_queue_peak(pool->draining[i]) > pool->n_queued_max)
                        pool->n_queued_max = generation_queue_peak(pool->draining[i]);

        return pool->n_queued_max;
}

/* In all former generations; the one that serves keeps its own. */
static uint64_t former_busy_max(const Pool *pool) {
        uint64_t max = pool->n_busy_max;

        for (size_t i = 0; i < pool->n_draining; i++)
                if (generation_busy_max(pool->draining[i]) > max)
                        max = generation_busy_max(pool->draining[i]);

        return max;
}

void pool_status(Pool *pool, PoolStatus *ret) {
        ScoreboardSummary summary = {};

        *ret = (PoolStatus){
                .state = state_name(pool),
                .pm = process_manager_name(pool->config->pm),
                .n_requests = pool->n_requests_before,
                .n_slow = pool->n_slow_before,
                .n_limit_reached = pool->n_limit_reached_before,
                .n_queue_timeouts = pool->n_queue_timeouts_before,
        };
        memcpy(ret->n_exits, pool->n_exits, sizeof(ret->n_exits));
        add_draining(pool, ret);
        ret->n_requests_before = ret->n_requests;
        ret->n_queued = queue_length(pool);
        ret->n_queued_max = queue_peak(pool, ret->n_queued);
        if (!pool->current || generation_summarize(pool->current, &summary) < 0)
                return;

        ret->n_idle = summary.n_idle;
        ret->n_busy = summary.n_busy;
        ret->n_starting = summary.n_starting;
        ret->n_requests += summary.n_requests;
        ret->n_slow += generation_slow_requests(pool->current);
        ret->n_queue_timeouts += generation_queue_timeouts(pool->current);
        ret->ceiling = generation_ceiling(pool->current);
        generation_describe_ceiling(pool->current, ret->why_ceiling, sizeof(ret->why_ceiling));
        ret->n_limit_reached += generation_limit_reached(pool->current);
        ret->generation = generation_number(pool->current);
        ret->php_start_usec = generation_php_start_usec(pool->current);
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

void pool_publish(Pool *pool) {
        PoolStatus status;

        if (!pool->current)
                return;

        pool_status(pool, &status);
        generation_publish(pool->current,
                        &(PoolTotals){
                                        .start_sec = pool->start_sec,
                                        .n_requests_before = status.n_requests_before,
                                        .n_limit_reached = status.n_limit_reached,
                                        .n_slow = status.n_slow,
                                        .n_queued_max = status.n_queued_max,
                                        .n_busy_max = former_busy_max(pool),
                                        .ceiling = status.ceiling,
                                        .generation = status.generation,
                        });
}
