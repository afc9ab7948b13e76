/* SPDX-License-Identifier: MIT */
#pragma once
/* GenerationLife: the state of a generation, which events may happen in it, what is to be done then, and its time
 * limits. Every assignment of the state stands in generation_state.c.
 *
 * Runs in: manager. Pure: the caller gives the time, and does what the result says. */

#include <stdbool.h>
#include <stdint.h>

#include "base/parse.h"

/* Less than TimeoutStopSec= of the unit, so that the manager ends what hangs before systemd does, and nothing stays
 * behind. */
#define GENERATION_DRAIN_LIMIT_USEC (80 * USEC_PER_SEC)

/* How long PHP may take to start: less than TimeoutStartSec= of the unit. */
#define GENERATION_START_LIMIT_USEC (50 * USEC_PER_SEC)

/* The zygote is to kill its workers, which only it can signal, and to leave. A zygote that has not done both within
 * this time is killed itself. */
#define GENERATION_KILL_LIMIT_USEC (USEC_PER_SEC / 2)

/* How long the pool program may take to leave after it has said why it cannot start. */
#define GENERATION_REFUSED_LIMIT_USEC (5 * USEC_PER_SEC)

typedef enum GenerationState {
        GENERATION_STARTING, /* PHP starts */
        GENERATION_WARMING,  /* workers were asked for, none has reached the socket */
        GENERATION_SERVING,
        GENERATION_DRAINING, /* workers finish what they hold */
        GENERATION_ORPHANED, /* the zygote has died, workers finish what they hold */
        GENERATION_GONE,     /* the zygote has exited, and so have the workers */
        _GENERATION_STATE_MAX,
} GenerationState;

typedef enum GenerationEvent {
        /* what the zygote says, in the order of its message types */
        GENERATION_READY,
        GENERATION_FAILED,
        GENERATION_FORKED,
        GENERATION_NOT_FORKED,
        GENERATION_EXITED,
        GENERATION_PONG,
        GENERATION_FRAME,
        GENERATION_TRACED,

        GENERATION_WORKER_WAITS,   /* the first worker is at the socket, or none needs to be */
        GENERATION_ASKED_TO_DRAIN, /* another generation serves */
        GENERATION_ASKED_TO_STOP,  /* nobody replaces it */
        GENERATION_TO_BE_KILLED,   /* with all its workers: asked for, or what it said was wrong */
        GENERATION_PING_MISSED,    /* the zygote alone is to be killed */
        GENERATION_ZYGOTE_DIED,    /* and no worker is left */
        GENERATION_ZYGOTE_LEFT_THEM, /* it died before its workers */
        GENERATION_LAST_LEFT,        /* the last worker has ended */
        GENERATION_ABANDONED,        /* nobody waits for its workers any more */
        GENERATION_TIME_IS_UP,       /* it takes too long to start, or to drain */
        GENERATION_KILL_FAILED,      /* who was killed is still there */
        _GENERATION_EVENT_MAX,
} GenerationEvent;

typedef enum GenerationAction {
        GENERATION_IGNORE,
        GENERATION_MISUSE,        /* the zygote may not say this now */
        GENERATION_TAKE,          /* does what the message says */
        GENERATION_WARM,          /* asks for workers */
        GENERATION_REFUSE,        /* takes the reason */
        GENERATION_SERVE,         /* tells that it serves */
        GENERATION_DRAIN,         /* orders the workers, then the zygote, to leave */
        GENERATION_HURRY,         /* tells the workers that nobody follows */
        GENERATION_KILL,          /* has the zygote kill all workers and lets go of it */
        GENERATION_GIVE_UP,       /* says that it took too long, and kills */
        GENERATION_KILL_ZYGOTE,   /* kills the zygote and keeps the workers */
        GENERATION_KILL_WORKERS,  /* kills the workers that lost their zygote */
        GENERATION_KEEP_WORKERS,  /* looks after the workers that lost their zygote */
        GENERATION_LEAVE_WORKERS, /* goes without workers that could not be killed */
        GENERATION_LEAVE,         /* tells that it is gone */
        _GENERATION_ACTION_MAX,
} GenerationAction;

typedef struct GenerationLife {
        GenerationState state;
        bool doomed;               /* what the zygote leaves behind is killed */
        uint64_t drain_limit_usec; /* process_control_timeout, 0: only who stops has a limit */
        uint64_t limit_usec;       /* when GENERATION_TIME_IS_UP, 0: never */
        uint64_t kill_usec;        /* when GENERATION_KILL_FAILED, 0: never */
} GenerationLife;

/* Begins in GENERATION_STARTING at now_usec, with the time limit of a start. */
void generation_life_init(
                GenerationLife *life, uint64_t process_control_timeout_usec, uint64_t now_usec);

/* Takes an event, and sets the state and the times that follow from it. Returns what is to be done. */
GenerationAction generation_life_take(
                GenerationLife *life, GenerationEvent event, uint64_t now_usec);

/* Returns the next time at which generation_life_time() is to be called, or 0 for never. */
uint64_t generation_life_next_usec(const GenerationLife *life);

/* Returns whether a time limit has passed, and which event that is: GENERATION_TIME_IS_UP or GENERATION_KILL_FAILED,
 * each once. */
bool generation_life_time(GenerationLife *life, uint64_t now_usec, GenerationEvent *ret);

/* Returns how long a drain may take where there is a limit. */
uint64_t generation_life_drain_limit_usec(const GenerationLife *life);
