/* SPDX-License-Identifier: MIT */
#pragma once
/* Policy: how many workers a pool should have, and when to decide again. Pure: no fds, no clock.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>

#include "config/pool_config.h"

typedef struct PolicyInput {
        unsigned n_starting; /* asked for or forked, not yet at the socket */
        unsigned n_idle;
        unsigned n_busy;
        unsigned n_expired; /* of the idle workers, those that were idle for policy_idle_limit_usec() */
        uint64_t next_expired_usec; /* how long from now until one more has, when n_idle > n_expired */
        unsigned n_queued;          /* connections that wait in the listening sockets */
        bool begun;                 /* the first workers were asked for already */
        uint64_t worker_limit;      /* how many there may be: policy_worker_limit() */
        double rate;                /* requests per second, lately */
        bool has_keepalive;         /* web servers keep connections open */
        unsigned n_cpus;            /* 0: nobody looks whether workers wait for one */
        bool cpu_is_measured;
        double running, runnable; /* processes of the pool that had a CPU lately, and that had or wanted one */
} PolicyInput;

typedef struct PolicyDecision {
        unsigned n_fork;
        unsigned n_retire;         /* of those that have been idle for longest */
        bool limit_reached;        /* more are wanted than pm.max_children allows */
        bool waits_for_cpu;        /* more are wanted, and it is known that they would not help */
        bool wake_below;           /* it matters when few are idle: policy_wake_below() */
        bool watch_listeners;      /* nobody is free to see the next connection */
        uint64_t check_again_usec; /* from now, 0: only when something happens */
} PolicyDecision;

/* Returns whether the decision depends on how the pool's processes get on with the CPUs, so that it has to be
 * measured. */
bool policy_needs_cpu(const PoolConfig *config, const PolicyInput *input);

/* Decides what to do about the number of workers now. */
PolicyDecision policy_decide(const PoolConfig *config, const PolicyInput *input);

/* Returns how many workers there may be: pm.max_children, and with pm = auto as many as fit in budget_bytes at
 * worker_bytes each (0: not known yet), at least one. */
uint64_t policy_worker_limit(
                const PoolConfig *config, uint64_t budget_bytes, uint64_t worker_bytes);

/* What is assumed as the memory of a worker that was not measured yet. */
#define POLICY_WORKER_BYTES_GUESS (UINT64_C(16) << 20)

/* Returns after how long an idle worker that is not needed is retired; UINT64_MAX means never. */
uint64_t policy_idle_limit_usec(const PoolConfig *config);

/* Returns the threshold for the control page: a worker that takes a connection wakes the manager when fewer than this
 * many others are idle; 0 means that it does not. */
unsigned policy_wake_below(const PoolConfig *config, double rate);

enum {
        BACKOFF_FIRST_MSEC = 100,
        BACKOFF_LIMIT_MSEC = 10 * 1000,
        BACKOFF_QUICK_MSEC = 1000,
        BACKOFF_PAUSE_MSEC = 50,
};

/* The pause before a process that died at once is started again: it doubles from 100 ms to 10 s. */
typedef struct Backoff {
        unsigned n_failures;
        uint64_t until_usec;
} Backoff;

/* Notes that it died badly after lived_usec, and sets until_usec. */
void backoff_fail(Backoff *backoff, uint64_t lived_usec, uint64_t now_usec);

/* Does the same for a process that had worked, always with the shortest pause, which keeps a script that crashes each
 * worker from turning requests into a storm of forks. */
void backoff_pause(Backoff *backoff, uint64_t lived_usec, uint64_t now_usec);

/* Notes that it works: the next pause is the shortest again. */
void backoff_reset(Backoff *backoff);
