/* SPDX-License-Identifier: MIT */
/* Proves how many workers are asked for, from counts alone. */

#include "manager/workers/policy.h"

#include "unit.h"

static PolicyDecision decide(const PoolConfig *config, PolicyInput input) {
        if (input.worker_limit == 0)
                input.worker_limit = policy_worker_limit(config, 0, 0);
        return policy_decide(config, &input);
}

START_TEST(static_is_always_full) {
        PoolConfig config = { .pm = PM_STATIC, .max_children = 5 };

        ck_assert_uint_eq(decide(&config, (PolicyInput){}).n_fork, 5);
        ck_assert_uint_eq(decide(&config, (PolicyInput){ .n_idle = 2, .n_busy = 1 }).n_fork, 2);
        ck_assert_uint_eq(decide(&config, (PolicyInput){ .n_starting = 5 }).n_fork, 0);
        ck_assert(!decide(&config, (PolicyInput){ .n_busy = 5, .n_queued = 9 }).limit_reached);
}
END_TEST

static const PoolConfig dynamic = {
        .pm = PM_DYNAMIC,
        .max_children = 50,
        .start_servers = 4,
        .min_spare_servers = 2,
        .max_spare_servers = 6,
        .max_spawn_rate = 32,
};

START_TEST(dynamic_starts_and_keeps_spares) {
        PolicyInput busy = { .begun = true, .n_busy = 4 };

        ck_assert_uint_eq(decide(&dynamic, (PolicyInput){}).n_fork, 4);
        ck_assert_uint_eq(decide(&dynamic, busy).n_fork, 2);
        ck_assert_uint_eq(policy_wake_below(&dynamic, 0), 2);
}
END_TEST

START_TEST(a_burst_is_answered_at_once_up_to_the_spawn_rate) {
        PolicyInput burst = { .begun = true, .n_busy = 2, .n_queued = 10 };
        PolicyDecision decision = decide(&dynamic, burst);

        ck_assert_uint_eq(decision.n_fork, 12);
        ck_assert(!decision.limit_reached);

        burst.n_queued = 48;
        decision = decide(&dynamic, burst);
        ck_assert_uint_eq(decision.n_fork, 32);
        ck_assert_uint_gt(decision.check_again_usec, 0);
        ck_assert_uint_le(decision.check_again_usec, 20000);
        ck_assert(decision.limit_reached); /* 48 and 2 spares do not fit beside 2 */
}
END_TEST

START_TEST(dynamic_shrinks_to_max_spare) {
        PolicyInput input = { .begun = true, .n_idle = 20, .n_busy = 1, .n_expired = 20 };
        PolicyDecision decision = decide(&dynamic, input);

        ck_assert_uint_eq(decision.n_fork, 0);
        ck_assert_uint_eq(decision.n_retire, 14);

        input.n_expired = 3;
        input.next_expired_usec = 5000;
        decision = decide(&dynamic, input);
        ck_assert_uint_eq(decision.n_retire, 3);
        ck_assert_uint_eq(decision.check_again_usec, 5000);
}
END_TEST

START_TEST(a_calm_pool_is_never_looked_at) {
        PolicyInput calm = { .begun = true, .n_idle = 6, .n_expired = 6 };
        PoolConfig ondemand = {
                .pm = PM_ONDEMAND,
                .max_children = 10,
                .process_idle_timeout_usec = 10000000,
        };

        ck_assert_uint_eq(decide(&dynamic, calm).check_again_usec, 0);
        ck_assert_uint_eq(decide(&ondemand, (PolicyInput){ .begun = true }).check_again_usec, 0);
        ck_assert(decide(&ondemand, (PolicyInput){ .begun = true }).watch_listeners);
        ck_assert(!decide(&dynamic, calm).watch_listeners);
}
END_TEST

START_TEST(ondemand_follows_the_queue) {
        PoolConfig config = {
                .pm = PM_ONDEMAND,
                .max_children = 10,
                .process_idle_timeout_usec = 10000000,
        };
        PolicyInput idle = { .begun = true, .n_idle = 3, .n_expired = 2, .next_expired_usec = 77 };

        ck_assert_uint_eq(decide(&config, (PolicyInput){}).n_fork, 0);
        ck_assert_uint_eq(
                        decide(&config, (PolicyInput){ .n_queued = 3, .n_starting = 1 }).n_fork, 2);
        ck_assert_uint_eq(decide(&config, idle).n_retire, 2);
        ck_assert_uint_eq(decide(&config, idle).check_again_usec, 77);
        ck_assert_uint_eq(policy_idle_limit_usec(&config), 10000000);
}
END_TEST

START_TEST(ondemand_keeps_one_for_kept_connections) {
        PoolConfig config = {
                .pm = PM_ONDEMAND,
                .max_children = 10,
                .process_idle_timeout_usec = 10000000,
        };
        PolicyInput input = { .begun = true, .n_idle = 3, .n_expired = 3, .has_keepalive = true };

        ck_assert_uint_eq(decide(&config, input).n_retire, 2);
        input.n_idle = input.n_expired = 1;
        ck_assert_uint_eq(decide(&config, input).n_retire, 0);
        ck_assert_uint_eq(decide(&config, input).check_again_usec, 10000000);
        input.has_keepalive = false;
        ck_assert_uint_eq(decide(&config, input).n_retire, 1);
}
END_TEST

START_TEST(the_limit_is_a_limit) {
        PoolConfig config = { .pm = PM_ONDEMAND, .max_children = 10 };
        PolicyDecision decision = decide(&config, (PolicyInput){ .n_busy = 8, .n_queued = 5 });

        ck_assert_uint_eq(decision.n_fork, 2);
        ck_assert(decision.limit_reached);
        ck_assert(!decision.wake_below);
        ck_assert(!decision.watch_listeners);
        ck_assert_uint_eq(decide(&config, (PolicyInput){ .n_busy = 99, .n_queued = 5 }).n_fork, 0);
}
END_TEST

static const PoolConfig automatic = { .pm = PM_AUTO, .max_children = 512 };

START_TEST(auto_fits_in_memory) {
        ck_assert_uint_eq(policy_worker_limit(&automatic, 100 << 20, 10 << 20), 10);
        ck_assert_uint_eq(policy_worker_limit(&automatic, 160 << 20, 0), 10);
        ck_assert_uint_eq(policy_worker_limit(&automatic, 0, 10 << 20), 1);
        ck_assert_uint_eq(policy_worker_limit(&automatic, UINT64_MAX, 1), 512);
        ck_assert_uint_eq(policy_worker_limit(&dynamic, 0, 10 << 20), 50);
}
END_TEST

START_TEST(auto_follows_the_rate) {
        PolicyInput input = { .begun = true, .worker_limit = 100, .n_idle = 1, .rate = 10 };

        ck_assert_uint_eq(decide(&automatic, (PolicyInput){ .worker_limit = 100 }).n_fork, 2);
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 0);
        input.rate = 1000;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 10);
        input.n_queued = 30;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 40);
        input.worker_limit = 5;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 4);
        ck_assert(decide(&automatic, input).limit_reached);
}
END_TEST

START_TEST(auto_looks_again_at_a_ceiling_of_memory) {
        PolicyInput input = { .begun = true, .worker_limit = 4, .n_busy = 4, .n_queued = 9 };
        PolicyDecision decision = decide(&automatic, input);

        ck_assert(decision.limit_reached && !decision.wake_below);
        ck_assert_uint_eq(decision.check_again_usec, 5000000);

        /* Whoever needs the last spare one tells, once: that look is the one above. */
        input = (PolicyInput){ .begun = true, .worker_limit = 4, .n_busy = 1, .n_idle = 3 };
        decision = decide(&automatic, input);
        ck_assert(!decision.limit_reached && decision.wake_below);

        /* pm.max_children does not change. */
        input = (PolicyInput){ .begun = true, .worker_limit = 512, .n_busy = 512, .n_queued = 9 };
        decision = decide(&automatic, input);
        ck_assert(decision.limit_reached && !decision.wake_below);
        ck_assert_uint_gt(decision.check_again_usec, 5000000);
        input = (PolicyInput){ .begun = true, .n_busy = 50, .n_queued = 9 };
        ck_assert_uint_ne(decide(&dynamic, input).check_again_usec, 5000000);
}
END_TEST

START_TEST(auto_shrinks_and_rests) {
        PolicyInput input = { .begun = true, .worker_limit = 100, .n_idle = 30, .n_expired = 30 };

        ck_assert_uint_eq(decide(&automatic, input).n_retire, 28);
        input.n_idle = input.n_expired = 2;
        ck_assert_uint_eq(decide(&automatic, input).n_retire, 0);
        ck_assert_uint_eq(decide(&automatic, input).check_again_usec, 0);
}
END_TEST

/* A burst of 200 finds 2 workers on 2 CPUs. */
static const PolicyInput crowd = {
        .begun = true,
        .worker_limit = 512,
        .n_busy = 2,
        .n_queued = 198,
        .n_cpus = 2,
};

START_TEST(auto_measures_before_it_grows_far) {
        PolicyDecision decision = decide(&automatic, crowd);
        PolicyInput few = crowd;

        ck_assert(policy_needs_cpu(&automatic, &crowd));
        ck_assert_uint_eq(decision.n_fork, 14);
        ck_assert(!decision.limit_reached && !decision.waits_for_cpu && !decision.wake_below);
        ck_assert_uint_gt(decision.check_again_usec, 0);
        ck_assert_uint_le(decision.check_again_usec, 50000);

        few.n_queued = 1;
        ck_assert(!policy_needs_cpu(&automatic, &few));
        ck_assert_uint_eq(decide(&automatic, few).n_fork, 2);

        /* As many as there may be unmeasured, and all idle: the next crowd is to be heard of. */
        few = (PolicyInput){ .begun = true, .worker_limit = 512, .n_idle = 16, .n_cpus = 2 };
        decision = decide(&automatic, few);
        ck_assert(decision.wake_below && decision.n_fork == 0);

        few = crowd;
        few.n_queued = 0;
        few.n_busy = 100;
        ck_assert(!policy_needs_cpu(&automatic, &few));
        ck_assert(!policy_needs_cpu(&dynamic, &crowd));
        ck_assert_uint_eq(decide(&automatic, few).n_retire, 0);
}
END_TEST

START_TEST(auto_adds_none_that_would_wait_for_a_cpu) {
        PolicyInput input = crowd;
        PolicyDecision decision;

        input.cpu_is_measured = true;
        input.n_busy = 16;
        input.running = 1.9;
        input.runnable = 14;
        decision = decide(&automatic, input);
        ck_assert_uint_eq(decision.n_fork, 0);
        ck_assert(decision.waits_for_cpu && !decision.limit_reached && !decision.watch_listeners);
        ck_assert_uint_le(decision.check_again_usec, 500000);

        /* A few there are in any case. */
        input.n_busy = 2;
        input.runnable = 4;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 2);
}
END_TEST

START_TEST(auto_grows_at_once_where_workers_sleep) {
        PolicyInput input = crowd;

        input.cpu_is_measured = true;
        input.n_busy = 16;
        input.running = 0.3;
        input.runnable = 0.5;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 199);

        /* Others keep the CPUs busy, but it is not what most of the requests wait for. */
        input.n_busy = 150;
        input.running = 0.5;
        input.runnable = 30;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 199);
        ck_assert(!decide(&automatic, input).waits_for_cpu);

        /* Nothing can be measured. */
        input = crowd;
        input.n_cpus = 0;
        ck_assert_uint_eq(decide(&automatic, input).n_fork, 199);
}
END_TEST

START_TEST(the_pause_doubles_and_ends) {
        Backoff backoff = {};

        backoff_fail(&backoff, 0, 1000);
        ck_assert_uint_eq(backoff.until_usec, 1000 + 100 * 1000);
        backoff_fail(&backoff, 0, 1000);
        ck_assert_uint_eq(backoff.until_usec, 1000 + 200 * 1000);
        for (int i = 0; i < 100; i++)
                backoff_fail(&backoff, 0, 1000);
        ck_assert_uint_eq(backoff.until_usec, 1000 + 10 * 1000 * 1000);
        backoff_fail(&backoff, 2000000, 1000);
        ck_assert_uint_eq(backoff.until_usec, 0);
}
END_TEST

UNIT_MAIN("policy", static_is_always_full, dynamic_starts_and_keeps_spares,
                a_burst_is_answered_at_once_up_to_the_spawn_rate, dynamic_shrinks_to_max_spare,
                a_calm_pool_is_never_looked_at, ondemand_follows_the_queue,
                ondemand_keeps_one_for_kept_connections, the_limit_is_a_limit, auto_fits_in_memory,
                auto_follows_the_rate, auto_looks_again_at_a_ceiling_of_memory,
                auto_shrinks_and_rests, auto_measures_before_it_grows_far,
                auto_adds_none_that_would_wait_for_a_cpu, auto_grows_at_once_where_workers_sleep,
                the_pause_doubles_and_ends);
