/* SPDX-License-Identifier: MIT */
#include "php/worker/sched_policy.h"

#include <sched.h>
#include <sys/resource.h>

#include "base/clock.h"

static uint64_t count_waits(void) {
        struct rusage usage;

        return getrusage(RUSAGE_THREAD, &usage) < 0 ? 0 : (uint64_t) usage.ru_nvcsw;
}

/* Where a filter of the unit forbids it, the policy stays as it is. */
static void set_policy(SchedPolicy *policy, bool is_batch) {
        const struct sched_param param = {};

        if (sched_setscheduler(0, is_batch ? SCHED_BATCH : SCHED_OTHER, &param) < 0)
                policy->is_ours = false;
        else
                policy->is_batch = is_batch;
}

void sched_policy_init(SchedPolicy *ret) {
        *ret = (SchedPolicy){ .is_ours = sched_getscheduler(0) == SCHED_OTHER };
        if (!ret->is_ours)
                return;

        ret->n_waits = count_waits();
        set_policy(ret, true);
}

bool sched_policy_is_batch(const SchedPolicy *policy, uint64_t n_waits, uint64_t n_requests) {
        if (policy->is_batch)
                return n_waits <= SCHED_POLICY_MANY_WAITS * n_requests;

        return n_waits < SCHED_POLICY_FEW_WAITS * n_requests;
}

void sched_policy_add(SchedPolicy *policy, uint64_t duration_usec) {
        uint64_t before = policy->n_waits;
        bool is_batch;

        if (!policy->is_ours)
                return;

        policy->n_requests++;
        policy->elapsed_usec += duration_usec;
        if (policy->elapsed_usec < SCHED_POLICY_LOOK_USEC)
                return;

        policy->n_waits = count_waits();
        is_batch = sched_policy_is_batch(policy, policy->n_waits - before, policy->n_requests);
        policy->n_requests = 0;
        policy->elapsed_usec = 0;
        if (is_batch != policy->is_batch)
                set_policy(policy, is_batch);
}

void sched_policy_has_slept(SchedPolicy *policy, uint64_t now_usec) {
        policy->awake_usec = now_usec;
        policy->n_awake = 0;
}

bool sched_policy_must_yield(SchedPolicy *policy, uint64_t now_usec) {
        bool is_short;

        policy->n_awake++;
        if (now_usec < policy->awake_usec + SCHED_POLICY_AWAKE_USEC)
                return false;

        is_short = policy->n_awake >= SCHED_POLICY_AWAKE_REQUESTS;
        sched_policy_has_slept(policy, now_usec);
        return is_short;
}

uint64_t sched_policy_let_others_finish(SchedPolicy *policy, uint64_t now_usec) {
        if (!sched_policy_must_yield(policy, now_usec))
                return now_usec;

        (void) sched_yield();
        policy->awake_usec = clock_now_usec();
        return policy->awake_usec;
}
