/* SPDX-License-Identifier: MIT */
#pragma once
/* What pool.c (its life), pool_start.c (its starts), pool_idle.c (when it leaves), pool_cache.c (what it has compiled)
 * and pool_stats.c (what can be seen of it) share with each other and with nobody else.
 *
 * Runs in: manager. */

#include "manager/generation/generation.h"
#include "manager/generation/pool.h"
#include "manager/generation/pool_resources.h"
#include "manager/spawn/helper.h"
#include "manager/workers/crash_window.h"
#include "manager/workers/policy.h"

enum {
        /* Old generations that still hold requests: a reload is refused until there are fewer. */
        DRAINING_MAX = 16,
};

typedef enum PoolState {
        POOL_STARTING, /* nothing has served yet: a failure ends the pool */
        POOL_SERVING,
        POOL_STOPPING,
} PoolState;

struct Pool {
        sd_event *event;
        GenerationContext context;
        Listeners listeners; /* with the pair of the user that the pool runs as now */
        const PoolHooks *hooks;
        void *userdata;

        PoolState state;
        PoolResources resources,
                        next_resources; /* of current, or of what is to replace it; of next */
        Generation *current;
        Generation *next;                   /* of a reload or an emergency, until it serves */
        StartReason reason, next_reason;    /* why these two were started */
        Generation *draining[DRAINING_MAX]; /* oldest first; some have lost their zygote */
        size_t n_draining;
        Generation *dead; /* freed outside of its own hooks */
        unsigned n_generations;
        unsigned outdated_logged; /* the number of the generation that the journal was told of; 0: none */
        uint64_t started_usec;
        bool is_started;                       /* the last one had a zygote */
        bool has_served;                       /* the current one */
        uint64_t n_requests_seen, active_usec; /* idle exit: what was seen at the last look */
        /* Of the generations that are gone; also what was seen to wait while there was none. */
        GenerationCounts counts_before;
        Durations durations_before;
        uint64_t start_sec;              /* time(2) */
        uint64_t n_exits[_SLOT_END_MAX]; /* of workers, since the start */
        bool emergency; /* workers crashed: a generation with fresh shared memory is to start */
        bool cache_is_suspect; /* the same: what they had compiled may be why */
        Backoff backoff;
        CrashWindow crashes;
        uint64_t renewed_usec; /* the last time that opcache wanted new memory, 0: never */
        sd_event_source *sweep_source, *retry_source, *idle_source;
        Helper *reopener; /* opens log files */
        bool reopen_again;
        bool is_out_of_rotation;
        sd_event_source *rotation_source;
        sd_event_source *cache_source; /* idle_warm: the next look at what was compiled */
        uint64_t cache_pause_usec;     /* until the look after that */
        uint64_t n_requests_tidied;
        Helper *tidier;
};

/* Publishes the numbers of the pool for the status page, whose worker cannot see them itself, to all generations. */
void pool_publish(Pool *pool);

/* Takes a pool that starts out of rotation, if fpmctl drain has taken out the one before it. */
void pool_restore_rotation(Pool *pool);

/* Is called when a generation has begun to serve: starts the timer of pm.idle_exit_timeout. */
void pool_watch_idleness(Pool *pool);

/* Is called when a generation has begun to serve: looks after the folder of idle_warm from now on. */
void pool_watch_cache(Pool *pool);

/* Starts a generation, which *ret owns then. Returns 0 or a negative errno, which was logged. */
int pool_start_generation(
                Pool *pool, const PoolResources *resources, StartReason why, Generation **ret);

/* Is to be called when the generation that served, or was to be the first, is gone: starts another one, at once or
 * after a pause; or gives up, which ended() tells. */
void pool_replace_later(Pool *pool);

/* Is to be called when a generation was started that is to follow: a start that waits for its time waits for that
 * generation, too. */
void pool_wait_for_next(Pool *pool);

/* Is to be called when the generation that was to follow is gone: if nothing serves, the start that waited for it
 * waits no longer. */
void pool_replace_now(Pool *pool);
