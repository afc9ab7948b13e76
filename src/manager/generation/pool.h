/* SPDX-License-Identifier: MIT */
#pragma once
/* Pool: the generation that serves, the one that is to follow it, and those that still drain.
 *
 * Runs in: manager.     Owns: its generations. */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "manager/generation/generation.h"
#include "manager/generation/pool_resources.h"
#include "manager/sockets/listener.h"

typedef struct Pool Pool;

/* Why a generation is started. */
typedef enum StartReason {
        START_FIRST,     /* nothing has served yet */
        START_RELOAD,    /* somebody asked for it */
        START_EMERGENCY, /* workers crashed, and the memory that they share may be broken */
        START_ZYGOTE_LOST, /* the one that served has lost its zygote, or could not be started again */
        _START_REASON_MAX,
} StartReason;

typedef struct PoolStatus {
        const char *state; /* "starting", "serving", "reloading", "restarting", "stopping" */
        const char *pm;    /* "auto" … */
        unsigned n_idle, n_busy, n_starting; /* of the generation that serves */
        unsigned n_draining;                 /* workers of older ones */
        uint64_t worker_limit;               /* how many workers there may be */
        char why_worker_limit[512];
        unsigned n_queued;
        GenerationCounts counts, counts_before; /* before: without the generation that serves */
        uint64_t config_usec;                   /* when the pool file was read, by CLOCK_REALTIME */
        uint64_t php_start_usec;                /* of the generation that serves */
        uint64_t n_exits[_SLOT_END_MAX];        /* workers that have left, by how */
        unsigned generation;                    /* its number, 0: none serves */
        StartReason reason;                     /* why it was started */
} PoolStatus;

typedef struct PoolHooks {
        void (*serving)(void *userdata);                       /* requests are answered now */
        void (*changed)(void *userdata);                       /* worth a new status line */
        void (*alive)(void *userdata);                         /* answer to pool_ping() */
        void (*retrying)(uint64_t pause_usec, void *userdata); /* the next start is then */
        bool (*idle)(void *userdata); /* for pm.idle_exit_timeout: time to leave. false: not now */
        /* worker_watch: files have changed, the pool says; often, if it likes. which is the same for the same files. */
        void (*edited)(uint64_t which, void *userdata);
        void (*ended)(int result, void *userdata); /* all has left: 0 after a drain, else why */

        /* A generation that was to follow the one that serves does so now (0), or has failed and the old one goes on (a
         * negative errno and the reason). Each pool_reload() that returned 0 ends in one call with START_RELOAD; the
         * other calls are for generations that the pool has started itself. */
        void (*followed)(StartReason why, int result, const char *text, void *userdata);
} PoolHooks;

/* What a pool ends with when the pool program refused its configuration. */
#define POOL_REFUSED (-EINVAL)

/* And when the pool program died again and again while it started, or at once when it served. */
#define POOL_BROKEN (-ENOEXEC)

/* And when PHP is gone, and this manager cannot start it, because both were replaced on disk by another build. */
#define POOL_REPLACED (-ESTALE)

/* Makes a pool without generations. Takes resources, also when it fails, copies listeners, and borrows the rest.
 * Returns 0 or a negative errno. */
int pool_new(Pool **ret, sd_event *event, const Listeners *listeners, const char *program,
                PoolResources *resources, const PoolHooks *hooks, void *userdata);
Pool *pool_free(Pool *pool);
DEFINE_CLEANUP(Pool, pool_free);

/* Starts the first generation; serving() or ended() follows. Returns 0 or a negative errno. */
int pool_start(Pool *pool);

/* Starts a generation with new resources, which it takes also when it fails, beside the one that serves. The old one
 * drains once the new one can accept, and goes on untouched if that never happens. Returns 0, -EBUSY when a generation
 * is on its way, nothing serves, or too many old ones still drain, or another negative errno. */
int pool_reload(Pool *pool, PoolResources *resources);
/* Ends the generation that is on its way, if it does not serve yet; followed() tells of it. */
void pool_abandon_reload(Pool *pool);
/* Returns whether a generation is on its way that is to follow the one that serves, for whatever reason. */
bool pool_is_reloading(const Pool *pool);

/* Opens the log files anew, after they were moved away; nothing else changes. */
void pool_reopen_logs(Pool *pool);

/* Lets all workers finish, or kills them; ended() follows, possibly before the call returns. */
void pool_drain(Pool *pool);
void pool_kill(Pool *pool);

/* Pings the zygote, or replaces it if it has not answered the last ping for missed_usec. Its answer calls alive(),
 * which is called at once where there is no zygote, or one that starts. */
void pool_ping(Pool *pool, uint64_t missed_usec);

/* Makes the ping page fail, so that load balancers send nothing more; all else goes on. Ends by itself after usec, if
 * that is not 0. Returns 0 or a negative errno. */
int pool_leave_rotation(Pool *pool, uint64_t usec);

/* Makes the ping page work again; and returns whether it fails. */
void pool_enter_rotation(Pool *pool);
bool pool_is_out_of_rotation(const Pool *pool);

/* Returns whether keepalive connections wait that nobody serves now, for which a worker has to come. */
bool pool_has_handed_over(const Pool *pool);

/* Returns how long pool_drain() may take. */
uint64_t pool_drain_limit_usec(const Pool *pool);

/* Returns the oldest generation that drains when there is no room for a further one, else NULL. Borrowed. */
const Generation *pool_oldest_in_the_way(const Pool *pool);

/* Reads the numbers of the pool. Texts stay valid until the next call or event. */
void pool_status(Pool *pool, PoolStatus *ret);

/* Returns what the pool runs and was replaced on disk since, for people: fpmd itself, or a part of its PHP; NULL if
 * nothing was. *ret_remedy is what brings in the new one, "restart" or "reload". */
const char *pool_outdated(const Pool *pool, const char **ret_remedy);

/* Adds up how long the requests of all generations took. */
void pool_durations(Pool *pool, Durations *ret);

/* Calls visit() for the generation that serves and those that drain, until it returns a negative errno, which is
 * returned. */
typedef int (*GenerationVisit)(Generation *generation, void *userdata);
int pool_each_generation(Pool *pool, GenerationVisit visit, void *userdata);

/* Returns the generation of these with that number, or NULL. */
Generation *pool_generation(Pool *pool, unsigned number);
