/* SPDX-License-Identifier: MIT */
#include "php/worker/sched_policy.h"

#include <sched.h>
#include <sys/resource.h>

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
