/* SPDX-License-Identifier: MIT */
#include "manager/generation/pool.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "manager/base/log.h"
#include "manager/base/own_program.h"
#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"

/* Between two generations that opcache wants. */
#define RENEWAL_PAUSE_USEC UINT64_C(10000000)

/* --- generations come and go --- */

static int pool_on_sweep(sd_event_source *source, void *userdata) {
        Pool *pool = userdata;

        (void) source;
        pool->dead = generation_free(pool->dead);
        return 0;
}

/* A generation cannot be freed from inside its own event handlers. */
static void mark_dead(Pool *pool, Generation *generation) {
        ScoreboardSummary summary;
        Durations durations;
        int r;

        (void) generation_add_counts(generation, &pool->counts_before, &summary);
        if (generation_durations(generation, &durations) >= 0)
                durations_add(&pool->durations_before, &durations);

        generation_free(pool->dead);
        pool->dead = generation;
        pool->sweep_source = sd_event_source_disable_unref(pool->sweep_source);
        r = sd_event_add_defer(pool->event, &pool->sweep_source, pool_on_sweep, pool);
        if (r < 0)
                log_error_errno(r, "Cannot free a generation now, later: %m");
}

/* The last one's closes with the workers that still have it. */
static void adopt_pair(Pool *pool, HandoffPair *pair) {
        if (pair == pool->listeners.pair)
                return;

        handoff_pair_forget(pool->listeners.pair);
        handoff_pair_unref(pool->listeners.pair);
        pool->listeners.pair = handoff_pair_ref(pair);
        handoff_pair_store(pair);
}

static void let_drain(Pool *pool, Generation *generation) {
        /* Nothing starts a next one before there is room. */
        assert(pool->n_draining < DRAINING_MAX);
        pool->draining[pool->n_draining++] = generation;
        generation_drain(generation, generation_pair(generation) == pool->listeners.pair
                                                     ? DRAINING_REPLACED
                                                     : DRAINING_ALONE);
}

static bool forget_draining(Pool *pool, const Generation *generation) {
        for (size_t i = 0; i < pool->n_draining; i++) {
                if (pool->draining[i] != generation)
                        continue;

                pool->n_draining--;
                for (; i < pool->n_draining; i++)
                        pool->draining[i] = pool->draining[i + 1];
                return true;
        }

        return false;
}

/* --- what generations tell --- */

static void take_over(Pool *pool, Generation *generation) {
        pool->next = NULL;
        pool->emergency = false; /* its memory is fresh */
        pool_resources_done(&pool->resources);
        pool->resources = pool->next_resources;
        pool->next_resources = POOL_RESOURCES_NONE;
        adopt_pair(pool, generation_pair(generation));
        if (pool->current)
                let_drain(pool, pool->current);
        pool->current = generation;
        pool->reason = pool->next_reason;
        pool->started_usec = timer_now_usec(pool->event);
        pool->is_started = pool->has_served = true;
        pool->hooks->followed(pool->reason, 0, "", pool->userdata);
}

static void pool_on_serving(Generation *generation, void *userdata) {
        Pool *pool = userdata;

        if (pool->state == POOL_STARTING)
                pool->state = POOL_SERVING;
        if (generation == pool->next)
                take_over(pool, generation);
        else if (generation == pool->current)
                pool->has_served = true;
        pool->cache_is_suspect = false;
        pool_watch_idleness(pool);
        pool_watch_cache(pool);
        pool_publish(pool);

        pool->hooks->serving(pool->userdata);
}

static void pool_on_changed(Generation *generation, void *userdata) {
        Pool *pool = userdata;

        (void) generation;
        pool_publish(pool);
        pool->hooks->changed(pool->userdata);
}

/* Once for each generation, with a sign of life: the manager is awake then. */
static void warn_if_outdated(Pool *pool, const Generation *generation) {
        const char *what, *remedy;

        if (pool->outdated_logged == generation_number(generation))
                return;

        what = pool_outdated(pool, &remedy);
        if (!what)
                return;

        pool->outdated_logged = generation_number(generation);
        log_notice("%s was replaced on disk since the pool was started: %s the pool to run what is there now",
                        what, remedy);
}

static void pool_on_alive(Generation *generation, void *userdata) {
        Pool *pool = userdata;

        if (generation != pool->current)
                return;

        pool->hooks->alive(pool->userdata);
        warn_if_outdated(pool, generation);
}

static void end_if_all_left(Pool *pool) {
        if (pool->state == POOL_STOPPING && !pool->current && !pool->next && pool->n_draining == 0)
                pool->hooks->ended(0, pool->userdata);
}

static void current_is_gone(Pool *pool) {
        bool refused = generation_refused(pool->current);

        pool->current = NULL;
        pool->emergency = false;
        if (pool->state == POOL_STARTING && refused)
                pool->hooks->ended(POOL_REFUSED, pool->userdata);
        else if (pool->state == POOL_SERVING && refused && own_program_is_replaced())
                pool->hooks->ended(POOL_REPLACED, pool->userdata);
        else if (pool->state != POOL_STOPPING)
                pool_replace_later(pool);
}

/* Starts it when it is needed, a generation serves, no reload is under way, which would do as well, and one more can
 * drain. Otherwise the event that changes this calls again. */
static void start_emergency(Pool *pool) {
        int r;

        if (!pool->emergency || pool->state != POOL_SERVING || !pool->current || pool->next ||
                        pool->n_draining == DRAINING_MAX)
                return;

        pool->emergency = false;
        pool->next_reason = START_EMERGENCY;
        r = pool_resources_copy(&pool->next_resources, &pool->resources);
        if (r >= 0)
                r = pool_start_generation(
                                pool, &pool->next_resources, START_EMERGENCY, &pool->next);
        if (r >= 0)
                return;

        pool_resources_done(&pool->next_resources);
        log_error_errno(r, "Cannot start a generation with fresh memory, the old one goes on: %m");
}

/* It does not serve any more. */
static void lose(Pool *pool, const Generation *generation) {
        if (generation == pool->next) {
                pool->next = NULL;
                pool_resources_done(&pool->next_resources);
                pool->hooks->followed(pool->next_reason, -EINVAL, generation_reason(generation),
                                pool->userdata);
                pool_replace_now(pool);
        } else if (generation == pool->current)
                current_is_gone(pool);
}

static bool pool_on_orphaned(Generation *generation, void *userdata) {
        Pool *pool = userdata;
        bool is_next = generation == pool->next;

        if (!is_next && generation != pool->current)
                return true; /* it has a place */
        /* The last place is for the generation that serves now, when the next one serves. */
        if (pool->n_draining + (pool->next && !is_next) >= DRAINING_MAX)
                return false;

        pool->draining[pool->n_draining++] = generation;
        lose(pool, generation);
        pool_publish(pool);
        return true;
}

static void pool_on_gone(Generation *generation, void *userdata) {
        Pool *pool = userdata;

        mark_dead(pool, generation);
        if (!forget_draining(pool, generation))
                lose(pool, generation);

        start_emergency(pool);
        pool_publish(pool);
        end_if_all_left(pool);
}

/* Workers share opcache's memory: when they crash one after the other it may be broken, and only a
 * new generation has a new one. What lies in the folder of idle_warm may be as broken. */
static void pool_on_crashed(Generation *generation, void *userdata) {
        Pool *pool = userdata;
        const PoolConfig *config = pool->resources.config;

        if (generation != pool->current || pool->state != POOL_SERVING ||
                        !crash_window_add(&pool->crashes, config->emergency_restart_threshold,
                                        config->emergency_restart_interval_usec,
                                        timer_now_usec(pool->event)))
                return;

        log_event(EVENT_EMERGENCY_RESTART, LOG_ERR, LOG_NO_FIELDS,
                        "%" PRIu64 " worker%s crashed within %" PRIu64
                        " s: emergency restart, a new generation "
                        "with new opcache memory",
                        config->emergency_restart_threshold,
                        config->emergency_restart_threshold == 1 ? "" : "s",
                        config->emergency_restart_interval_usec / USEC_PER_SEC);
        pool->emergency = pool->cache_is_suspect = true;
        start_emergency(pool);
}

/* A worker may claim it as often as it likes. */
static void pool_on_renew(Generation *generation, void *userdata) {
        Pool *pool = userdata;
        uint64_t now_usec = timer_now_usec(pool->event);

        if (generation != pool->current || pool->state != POOL_SERVING || pool->next ||
                        (pool->renewed_usec > 0 &&
                                        now_usec < pool->renewed_usec + RENEWAL_PAUSE_USEC))
                return;

        pool->renewed_usec = now_usec;
        log_notice("opcache has to restart (it is full, or a script has reset it), which it cannot while "
                   "worker_script runs: starting a new generation with new opcache memory");
        pool->emergency = true;
        start_emergency(pool);
}

static void pool_on_edited(Generation *generation, uint64_t which, void *userdata) {
        Pool *pool = userdata;

        if (generation == pool->current && pool->state == POOL_SERVING)
                pool->hooks->edited(which, pool->userdata);
}

static const GenerationHooks generation_hooks = {
        .serving = pool_on_serving,
        .changed = pool_on_changed,
        .alive = pool_on_alive,
        .crashed = pool_on_crashed,
        .renew = pool_on_renew,
        .edited = pool_on_edited,
        .orphaned = pool_on_orphaned,
        .gone = pool_on_gone,
};

/* --- life --- */

int pool_new(Pool **ret, sd_event *event, const Listeners *listeners, const char *program,
                PoolResources *resources, const PoolHooks *hooks, void *userdata) {
        _cleanup_(pool_freep) Pool *pool = NULL;
        int r;

        pool = calloc(1, sizeof(*pool));
        if (!pool) {
                pool_resources_done(resources);
                return -ENOMEM;
        }

        *pool = (Pool){
                .event = event,
                .start_sec = (uint64_t) time(NULL),
                .resources = *resources,
                .next_resources = POOL_RESOURCES_NONE,
                .listeners = *listeners,
                .hooks = hooks,
                .userdata = userdata,
        };
        *resources = POOL_RESOURCES_NONE;
        handoff_pair_ref(pool->listeners.pair);
        pool->context = (GenerationContext){
                .event = event,
                .program = program,
                .hooks = &generation_hooks,
                .userdata = pool,
                .n_exits = pool->n_exits,
        };
        r = reaper_new(&pool->context.reaper, event);
        if (r < 0)
                return r;

        pool_restore_rotation(pool);
        *ret = TAKE_PTR(pool);
        return 0;
}

Pool *pool_free(Pool *pool) {
        if (!pool)
                return NULL;

        sd_event_source_disable_unref(pool->sweep_source);
        sd_event_source_disable_unref(pool->retry_source);
        sd_event_source_disable_unref(pool->idle_source);
        sd_event_source_disable_unref(pool->rotation_source);
        sd_event_source_disable_unref(pool->cache_source);
        helper_free(pool->tidier);
        helper_free(pool->reopener);
        generation_free(pool->current);
        generation_free(pool->next);
        generation_free(pool->dead);
        for (size_t i = 0; i < pool->n_draining; i++)
                generation_free(pool->draining[i]);
        listeners_done(&pool->listeners);
        reaper_free(pool->context.reaper);
        pool_resources_done(&pool->resources);
        pool_resources_done(&pool->next_resources);
        free(pool);
        return NULL;
}

int pool_reload(Pool *pool, PoolResources *resources) {
        int r;

        if (pool->next || pool->state != POOL_SERVING || pool->n_draining == DRAINING_MAX) {
                pool_resources_done(resources);
                return -EBUSY;
        }

        pool->next_resources = *resources;
        *resources = POOL_RESOURCES_NONE;
        pool->next_reason = START_RELOAD;
        r = pool_start_generation(pool, &pool->next_resources, START_RELOAD, &pool->next);
        if (r < 0)
                pool_resources_done(&pool->next_resources);
        else
                pool_wait_for_next(pool);

        return r;
}

void pool_drain(Pool *pool) {
        pool->state = POOL_STOPPING;
        if (pool->next)
                generation_kill(pool->next); /* has served nobody */
        if (pool->current)
                generation_drain(pool->current, DRAINING_LAST);
        for (size_t i = 0; i < pool->n_draining; i++)
                generation_drain(pool->draining[i], DRAINING_LAST);

        end_if_all_left(pool);
}

void pool_kill(Pool *pool) {
        pool->state = POOL_STOPPING;
        if (pool->next)
                generation_kill(pool->next);
        if (pool->current)
                generation_kill(pool->current);
        for (size_t i = 0; i < pool->n_draining; i++)
                generation_kill(pool->draining[i]);

        end_if_all_left(pool);
}

void pool_abandon_reload(Pool *pool) {
        if (!pool->next)
                return;

        log_notice("No client waits for the reload any more, ending it");
        generation_kill(pool->next);
}

/* While it starts it reads no order, and has a limit of its own: GENERATION_START_LIMIT_USEC. */
static bool has_to_answer(const Generation *generation) {
        return generation && generation_state(generation) > GENERATION_STARTING &&
               generation_state(generation) <= GENERATION_SERVING;
}

void pool_ping(Pool *pool, uint64_t missed_usec) {
        if (has_to_answer(pool->current))
                generation_ping(pool->current, missed_usec);

        /* There is no zygote to ask, or it was just ended because it does not answer: the manager alone is alive. */
        if (!has_to_answer(pool->current))
                pool->hooks->alive(pool->userdata);
}
