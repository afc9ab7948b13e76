/* SPDX-License-Identifier: MIT */
/* pm.idle_exit_timeout: when a pool has been idle for so long that it leaves. */

#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"

static int pool_on_idle_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void check_idleness_at(Pool *pool, uint64_t usec) {
        (void) timer_arm(pool->event, &pool->idle_source, usec, pool_on_idle_timer, pool,
                        "the pool will not leave when idle");
}

/* Returns when the pool last served: exactly if a worker is there whose slot shows it, else when the last check saw
 * it. */
static uint64_t active_usec(Pool *pool, uint64_t now) {
        PoolStatus status;
        ScoreboardSummary summary = {};

        pool_status(pool, &status);
        if (pool->current)
                (void) generation_summarize(pool->current, &summary);

        /* A worker writes on the scoreboard when it became idle. A time in the future, which a worker may claim, counts
         * as now. */
        if (status.n_busy > 0 || status.n_draining > 0 || status.n_queued > 0 || pool->next ||
                        (status.counts.n_requests != pool->n_requests_seen &&
                                        summary.n_idle == 0) ||
                        summary.last_idle_usec > now)
                pool->active_usec = now;
        else if (summary.last_idle_usec > pool->active_usec)
                pool->active_usec = summary.last_idle_usec;
        pool->n_requests_seen = status.counts.n_requests;
        return pool->active_usec;
}

/* A web server that keeps a connection may send the next request on it at any time, and a request is lost if the pool
 * closes the connection just then. So the web server is to close it. */
static bool has_keepalive(Pool *pool) {
        ScoreboardSummary summary = {};

        return pool->current && generation_summarize(pool->current, &summary) >= 0 &&
               summary.n_keepalive > 0;
}

static int pool_on_idle_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Pool *pool = userdata;
        uint64_t timeout = pool->resources.config->idle_exit_timeout_usec,
                 now = timer_now_usec(pool->event), active;

        (void) source;
        (void) usec;
        if (pool->state != POOL_SERVING || timeout == 0)
                return 0;

        active = active_usec(pool, now);
        if (active + timeout > now)
                check_idleness_at(pool, active + timeout);
        else if (pool->is_out_of_rotation || has_keepalive(pool) ||
                        !pool->hooks->idle(pool->userdata))
                check_idleness_at(pool, now + (timeout > USEC_PER_SEC ? timeout : USEC_PER_SEC));

        return 0;
}

void pool_watch_idleness(Pool *pool) {
        pool->active_usec = timer_now_usec(pool->event);
        if (pool->resources.config->idle_exit_timeout_usec > 0)
                check_idleness_at(pool,
                                pool->active_usec + pool->resources.config->idle_exit_timeout_usec);
}
