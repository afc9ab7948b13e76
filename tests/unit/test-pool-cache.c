/* SPDX-License-Identifier: MIT */
/* Proves when the folder of idle_warm is looked after while a pool runs: soon after the start, then ever more seldom, and
 * not where nothing was answered. The timers, the helper and the numbers of the pool are this file's. */

#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"

#include "pool-config.h"

static uint64_t now_usec, armed_usec, n_requests;
static sd_event_time_handler_t handler;
static void (*ended)(int result, void *userdata);
static unsigned n_started;

uint64_t timer_now_usec(sd_event *event) {
        (void) event;
        return now_usec;
}

int timer_arm(sd_event *event, sd_event_source **source, uint64_t usec,
                sd_event_time_handler_t on_time, void *userdata, const char *text) {
        (void) event;
        (void) source;
        (void) userdata;
        (void) text;
        armed_usec = usec;
        handler = on_time;
        return 0;
}

void timer_disarm(sd_event_source *source) {
        (void) source;
}

int helper_start(Helper **ret, sd_event *event, const HelperPlan *plan) {
        (void) event;
        *ret = (Helper *) &n_started;
        ended = plan->ended;
        n_started++;
        return 0;
}

void pool_status(Pool *pool, PoolStatus *ret) {
        (void) pool;
        *ret = (PoolStatus){ .counts = { .n_requests = n_requests } };
}

/* Returns after how many seconds the look comes. */
static uint64_t next_look(Pool *pool) {
        uint64_t pause = armed_usec - now_usec;

        now_usec = armed_usec;
        armed_usec = 0;
        ck_assert_int_eq(handler(NULL, now_usec, pool), 0);
        return pause / USEC_PER_SEC;
}

START_TEST(it_is_looked_after_for_as_long_as_the_pool_runs) {
        _cleanup_(pool_config_freep) PoolConfig *config = parse_more("idle_warm = 10M\n", 0);
        Pool pool = { .state = POOL_SERVING, .resources = { .config = config } };

        now_usec = USEC_PER_SEC;
        pool_watch_cache(&pool);
        n_requests = 1;
        ck_assert_uint_eq(next_look(&pool), 30);
        ck_assert_uint_eq(n_started, 1);

        /* The helper is at work still; then there is nothing new; then there is. */
        n_requests = 2;
        ck_assert_uint_eq(next_look(&pool), 60);
        ck_assert_uint_eq(n_started, 1);
        ended(0, &pool);
        ck_assert_uint_eq(next_look(&pool), 120);
        ck_assert_uint_eq(n_started, 2);
        ended(0, &pool);
        ck_assert_uint_eq(next_look(&pool), 240);
        ck_assert_uint_eq(n_started, 2);
        for (n_requests = 3; n_requests < 10; n_requests++) {
                uint64_t pause = next_look(&pool);

                ck_assert_uint_eq(pause, n_requests < 6 ? 480U << (n_requests - 3) : 3600);
                ended(0, &pool);
        }
        ck_assert_uint_eq(n_started, 9);

        pool.state = POOL_STOPPING;
        (void) next_look(&pool);
        ck_assert_uint_eq(armed_usec, 0);
}
END_TEST

START_TEST(without_idle_warm_there_is_nothing_to_look_after) {
        _cleanup_(pool_config_freep) PoolConfig *config = parse(minimal, 0);
        Pool pool = { .state = POOL_SERVING, .resources = { .config = config } };

        pool_watch_cache(&pool);
        ck_assert_uint_eq(armed_usec, 0);
}
END_TEST

UNIT_MAIN("pool-cache", it_is_looked_after_for_as_long_as_the_pool_runs,
                without_idle_warm_there_is_nothing_to_look_after);
