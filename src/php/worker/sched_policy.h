/* SPDX-License-Identifier: MIT */
#pragma once
/* SchedPolicy: how a worker shares the CPU: its scheduling policy, which follows how often its requests wait, and when
 * it lets others come first.
 *
 * As SCHED_OTHER a worker takes the CPU from the web server at each wake-up, while that is about to send the next
 * request; as SCHED_BATCH it waits until the web server sleeps or has used its time slice, and then finds more than
 * one request. But a request that asks a database twenty times would wait so after each answer, and find cold caches:
 * 3 to 4 % more CPU time for a page of WordPress. The share of the CPU is the same (sched(7)). A policy that the unit
 * sets stays.
 *
 * The kernel takes the CPU from a worker that does not sleep, since it finds a request whenever it looks, in the middle
 * of one: that waits, and its client with it, until the others that do not sleep have used a tick of 4 or 10 ms each.
 * Between two requests nobody waits for this worker, so those that are in the middle of theirs come first. A page that
 * takes as long by itself is interrupted either way, and was 2 to 4 % dearer with this.
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stdint.h>

enum {
        /* Requests that take so many microseconds together are looked at together: the look is a system call. */
        SCHED_POLICY_LOOK_USEC = 10000,

        /* Who has waited more often than that for each request becomes SCHED_OTHER, and who has waited less often
         * SCHED_BATCH. Between two requests there is one wait. */
        SCHED_POLICY_MANY_WAITS = 5,
        SCHED_POLICY_FEW_WAITS = 3,

        /* How long a worker keeps the CPU without a sleep, if it has served as many requests meanwhile. */
        SCHED_POLICY_AWAKE_USEC = 1000,
        SCHED_POLICY_AWAKE_REQUESTS = 2,
};

typedef struct SchedPolicy {
        bool is_ours; /* the unit has set none */
        bool is_batch;
        uint64_t n_waits;      /* of this thread, at the last look */
        uint64_t elapsed_usec; /* of the requests since */
        uint64_t n_requests;   /* since */
        uint64_t awake_usec;   /* since when it has had no sleep, and let nobody come first */
        unsigned n_awake;      /* requests since then */
} SchedPolicy;

/* Makes the calling thread SCHED_BATCH, unless it has another policy than SCHED_OTHER: then nothing will change it. */
void sched_policy_init(SchedPolicy *ret);

/* Adds a request that is over, and changes the policy of the calling thread where it is time to. */
void sched_policy_add(SchedPolicy *policy, uint64_t duration_usec);

/* To be called between two requests, with the time of the monotonic clock. Yields the CPU where it is time to. Returns
 * the time. */
uint64_t sched_policy_let_others_finish(SchedPolicy *policy, uint64_t now_usec);

/* Notes that the worker has slept until now. */
void sched_policy_has_slept(SchedPolicy *policy, uint64_t now_usec);

/* Counts a request that is over; returns whether others are to come first. Calls nothing. */
bool sched_policy_must_yield(SchedPolicy *policy, uint64_t now_usec);

/* Returns whether a worker that has waited n_waits times in n_requests is to be SCHED_BATCH. Pure. */
bool sched_policy_is_batch(const SchedPolicy *policy, uint64_t n_waits, uint64_t n_requests);
