/* SPDX-License-Identifier: MIT */
/* How a pool starts a generation, and when another one after one that died. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "contract/remedies.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/pool_internal.h"

enum {
        /* Starts in a row that come to nothing, with growing pauses: some half a minute. */
        START_TRIES = 10,
};

/* For the one that follows, when the one that serves is gone: then another one is started beside it. */
#define NEXT_PATIENCE_USEC (5 * USEC_PER_SEC)

/* --- a generation --- */

/* Who may hand over to whom: the workers of one user. */
static int pair_for(Pool *pool, uid_t uid, HandoffPair **ret) {
        if (uid != pool->listeners.pair->uid)
                return handoff_pair_new(ret, uid);

        *ret = handoff_pair_ref(pool->listeners.pair);
        return 0;
}

/* Those that replace one which serves have no excuse: without what PHP would only warn of, the old one is better.
 * That of an emergency has: its memory is needed; not where that is a script which might not boot. */
static bool is_strict(const Pool *pool, StartReason why) {
        return pool->current &&
               (why == START_RELOAD ||
                               (why == START_EMERGENCY &&
                                               generation_config(pool->current)->worker_script));
}

/* What one that serves tells the next one of its scripts. Of another user's, or below another root, that one could do
 * nothing with. */
static bool can_list_scripts(const Pool *pool, const PoolResources *resources) {
        const char *root = resources->config->chroot, *old_root;

        if (!pool->current || generation_state(pool->current) != GENERATION_SERVING ||
                        resources->config->reload_warm_usec == 0 ||
                        resources->account.uid != pool->resources.account.uid)
                return false;

        old_root = generation_config(pool->current)->chroot;
        return root && old_root ? strcmp(root, old_root) == 0 : root == old_root;
}

/* The list goes from one zygote to the other: the manager does not read it. Without it the next one starts cold.
 * Returns the end to read, or -EBADF. */
static int list_scripts(Pool *pool, const PoolResources *resources) {
        int fds[2];

        if (!can_list_scripts(pool, resources) || pipe2(fds, O_CLOEXEC) < 0)
                return -EBADF;

        if (generation_list_scripts(pool->current, fds[1]) < 0)
                fds[0] = fd_close(fds[0]);
        fd_close(fds[1]);
        return fds[0];
}

int pool_start_generation(
                Pool *pool, const PoolResources *resources, StartReason why, Generation **ret) {
        _cleanup_(generation_freep) Generation *generation = NULL;
        _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL;
        _cleanup_close_ int scripts_fd = -EBADF;
        GenerationContext context = pool->context;
        Listeners listeners = pool->listeners;
        PoolConfig *copy;
        int r;

        r = pair_for(pool, resources->account.uid, &pair);
        if (r < 0)
                return log_error_errno(r, "Cannot make a socket for kept connections: %m");

        r = pool_config_copy(&copy, resources->config);
        if (r < 0)
                return log_error_errno(r, "Cannot start a generation: %m");

        listeners.pair = pair;
        context.listeners = &listeners;
        context.account = &resources->account;
        context.access_fd = resources->access_fd;
        context.scripts_fd = scripts_fd = list_scripts(pool, resources);
        context.strict = is_strict(pool, why);
        context.cache_is_suspect = pool->cache_is_suspect;
        r = generation_new(&generation, &context, copy, pool->n_generations + 1);
        if (r < 0)
                return log_error_errno(r, "Cannot start a generation: %m");

        r = generation_start(generation);
        if (r < 0)
                return r;

        pool->n_generations++;
        *ret = TAKE_PTR(generation);
        /* The first request may be for the status page, and is there before anything else happens. */
        pool_publish(pool);
        return 0;
}

/* --- another one --- */

static int pool_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Pool *pool = userdata;

        (void) source;
        (void) usec;
        /* What it lacks now, an executable or a process, may be there at the next try. */
        if (pool->state != POOL_STOPPING && !pool->current && pool_start(pool) < 0)
                pool_replace_later(pool);

        return 0;
}

static void give_up(Pool *pool) {
        log_event(EVENT_START_GIVEN_UP, LOG_ERR, LOG_NO_FIELDS,
                        "PHP did not start %u times in a row, giving up: correct what the lines above "
                        "name, " REMEDY_RESTART,
                        pool->backoff.n_failures, pool->resources.config->name);
        pool->hooks->ended(POOL_BROKEN, pool->userdata);
}

static void notify_retry(Pool *pool, uint64_t now) {
        uint64_t pause_usec = pool->backoff.until_usec - now;
        char what[64] = "PHP could not be started";

        /* Where there was none, the line above says what it lacks. */
        if (pool->is_started)
                snprintf(what, sizeof(what), "The zygote died %.1f s after its start",
                                (double) (now - pool->started_usec) / USEC_PER_SEC);
        log_event(EVENT_START_THROTTLED, LOG_WARNING, LOG_NO_FIELDS,
                        "%s, try %u of %d: the next one is in %.1f s", what,
                        pool->backoff.n_failures, START_TRIES, (double) pause_usec / USEC_PER_SEC);
        pool->hooks->retrying(pause_usec, pool->userdata);
}

static void start_at(Pool *pool, uint64_t usec) {
        int r;

        r = timer_arm(pool->event, &pool->retry_source, usec, pool_on_retry, pool,
                        "there is no new start");
        if (r < 0)
                pool->hooks->ended(r, pool->userdata);
}

/* A zygote that served well is replaced at once; one that died young, or has never served, however long PHP took for
 * that, after a growing pause. One that is on its way already, of a reload, will do as well, if it does not take
 * long. */
void pool_replace_later(Pool *pool) {
        uint64_t now = timer_now_usec(pool->event);

        backoff_fail(&pool->backoff, pool->has_served ? now - pool->started_usec : 0, now);
        pool->cache_is_suspect = pool->cache_is_suspect || !pool->has_served;
        if (pool->backoff.n_failures >= START_TRIES) {
                give_up(pool);
                return;
        }

        if (pool->backoff.until_usec > now)
                notify_retry(pool, now);
        start_at(pool, number_max(pool->backoff.until_usec,
                                       pool->next ? now + NEXT_PATIENCE_USEC : now));
}

void pool_wait_for_next(Pool *pool) {
        if (!pool->current)
                start_at(pool, number_max(pool->backoff.until_usec,
                                               timer_now_usec(pool->event) + NEXT_PATIENCE_USEC));
}

void pool_replace_now(Pool *pool) {
        if (pool->state == POOL_SERVING && !pool->current && !pool->next)
                start_at(pool, number_max(pool->backoff.until_usec, timer_now_usec(pool->event)));
}

int pool_start(Pool *pool) {
        int r;

        /* A pool with one broken extension is better than none, as under php-fpm. */
        pool->reason = pool->state == POOL_STARTING ? START_FIRST : START_ZYGOTE_LOST;
        r = pool_start_generation(pool, &pool->resources, pool->reason, &pool->current);
        pool->is_started = r >= 0;
        pool->has_served = false;
        pool->started_usec = timer_now_usec(pool->event);
        return r;
}
