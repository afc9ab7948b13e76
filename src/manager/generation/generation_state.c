/* SPDX-License-Identifier: MIT */
#include "manager/generation/generation_state.h"

/* What follows, and what is done. */
typedef struct Transition {
        GenerationState next;
        GenerationAction action;
} Transition;

/* The names of the table, which has to be read as a whole. */
#define STARTING GENERATION_STARTING
#define WARMING GENERATION_WARMING
#define SERVING GENERATION_SERVING
#define DRAINING GENERATION_DRAINING
#define ORPHANED GENERATION_ORPHANED
#define GONE GENERATION_GONE

/* Each state and each event. A generation that starts holds no request, and may be in the middle of PHP's start, where
 * it reads no order: it is killed instead of drained. */
/* clang-format off */
static const Transition transitions[_GENERATION_STATE_MAX][_GENERATION_EVENT_MAX] = {
        [STARTING] = {
                [GENERATION_READY]            = { WARMING,  GENERATION_WARM },
                [GENERATION_FAILED]           = { DRAINING, GENERATION_REFUSE },
                [GENERATION_FORKED]           = { STARTING, GENERATION_MISUSE },
                [GENERATION_NOT_FORKED]       = { STARTING, GENERATION_MISUSE },
                [GENERATION_EXITED]           = { STARTING, GENERATION_MISUSE },
                [GENERATION_PONG]             = { STARTING, GENERATION_TAKE },
                [GENERATION_FRAME]            = { STARTING, GENERATION_MISUSE },
                [GENERATION_TRACED]           = { STARTING, GENERATION_MISUSE },
                [GENERATION_WORKER_WAITS]     = { STARTING, GENERATION_IGNORE },
                [GENERATION_ASKED_TO_DRAIN]   = { DRAINING, GENERATION_KILL },
                [GENERATION_ASKED_TO_STOP]    = { DRAINING, GENERATION_KILL },
                [GENERATION_TO_BE_KILLED]     = { DRAINING, GENERATION_KILL },
                [GENERATION_PING_MISSED]      = { DRAINING, GENERATION_KILL_ZYGOTE },
                [GENERATION_ZYGOTE_DIED]      = { GONE,     GENERATION_LEAVE },
                [GENERATION_ZYGOTE_LEFT_THEM] = { ORPHANED, GENERATION_KEEP_WORKERS },
                [GENERATION_LAST_LEFT]        = { STARTING, GENERATION_IGNORE },
                [GENERATION_ABANDONED]        = { STARTING, GENERATION_IGNORE },
                [GENERATION_TIME_IS_UP]       = { DRAINING, GENERATION_GIVE_UP },
                [GENERATION_KILL_FAILED]      = { STARTING, GENERATION_IGNORE },
        },
        [WARMING] = {
                [GENERATION_READY]            = { WARMING,  GENERATION_MISUSE },
                [GENERATION_FAILED]           = { WARMING,  GENERATION_MISUSE },
                [GENERATION_FORKED]           = { WARMING,  GENERATION_TAKE },
                [GENERATION_NOT_FORKED]       = { WARMING,  GENERATION_TAKE },
                [GENERATION_EXITED]           = { WARMING,  GENERATION_TAKE },
                [GENERATION_PONG]             = { WARMING,  GENERATION_TAKE },
                [GENERATION_FRAME]            = { WARMING,  GENERATION_TAKE },
                [GENERATION_TRACED]           = { WARMING,  GENERATION_TAKE },
                [GENERATION_WORKER_WAITS]     = { SERVING,  GENERATION_SERVE },
                [GENERATION_ASKED_TO_DRAIN]   = { DRAINING, GENERATION_DRAIN },
                [GENERATION_ASKED_TO_STOP]    = { DRAINING, GENERATION_DRAIN },
                [GENERATION_TO_BE_KILLED]     = { DRAINING, GENERATION_KILL },
                [GENERATION_PING_MISSED]      = { DRAINING, GENERATION_KILL_ZYGOTE },
                [GENERATION_ZYGOTE_DIED]      = { GONE,     GENERATION_LEAVE },
                [GENERATION_ZYGOTE_LEFT_THEM] = { ORPHANED, GENERATION_KEEP_WORKERS },
                [GENERATION_LAST_LEFT]        = { WARMING,  GENERATION_IGNORE },
                [GENERATION_ABANDONED]        = { WARMING,  GENERATION_IGNORE },
                [GENERATION_TIME_IS_UP]       = { DRAINING, GENERATION_GIVE_UP },
                [GENERATION_KILL_FAILED]      = { WARMING,  GENERATION_IGNORE },
        },
        [SERVING] = {
                [GENERATION_READY]            = { SERVING,  GENERATION_MISUSE },
                [GENERATION_FAILED]           = { SERVING,  GENERATION_MISUSE },
                [GENERATION_FORKED]           = { SERVING,  GENERATION_TAKE },
                [GENERATION_NOT_FORKED]       = { SERVING,  GENERATION_TAKE },
                [GENERATION_EXITED]           = { SERVING,  GENERATION_TAKE },
                [GENERATION_PONG]             = { SERVING,  GENERATION_TAKE },
                [GENERATION_FRAME]            = { SERVING,  GENERATION_TAKE },
                [GENERATION_TRACED]           = { SERVING,  GENERATION_TAKE },
                [GENERATION_WORKER_WAITS]     = { SERVING,  GENERATION_IGNORE },
                [GENERATION_ASKED_TO_DRAIN]   = { DRAINING, GENERATION_DRAIN },
                [GENERATION_ASKED_TO_STOP]    = { DRAINING, GENERATION_DRAIN },
                [GENERATION_TO_BE_KILLED]     = { DRAINING, GENERATION_KILL },
                [GENERATION_PING_MISSED]      = { DRAINING, GENERATION_KILL_ZYGOTE },
                [GENERATION_ZYGOTE_DIED]      = { GONE,     GENERATION_LEAVE },
                [GENERATION_ZYGOTE_LEFT_THEM] = { ORPHANED, GENERATION_KEEP_WORKERS },
                [GENERATION_LAST_LEFT]        = { SERVING,  GENERATION_IGNORE },
                [GENERATION_ABANDONED]        = { SERVING,  GENERATION_IGNORE },
                [GENERATION_TIME_IS_UP]       = { SERVING,  GENERATION_IGNORE },
                [GENERATION_KILL_FAILED]      = { SERVING,  GENERATION_IGNORE },
        },
        [DRAINING] = {
                [GENERATION_READY]            = { DRAINING, GENERATION_IGNORE },
                [GENERATION_FAILED]           = { DRAINING, GENERATION_REFUSE },
                [GENERATION_FORKED]           = { DRAINING, GENERATION_TAKE },
                [GENERATION_NOT_FORKED]       = { DRAINING, GENERATION_TAKE },
                [GENERATION_EXITED]           = { DRAINING, GENERATION_TAKE },
                [GENERATION_PONG]             = { DRAINING, GENERATION_TAKE },
                [GENERATION_FRAME]            = { DRAINING, GENERATION_TAKE },
                [GENERATION_TRACED]           = { DRAINING, GENERATION_TAKE },
                [GENERATION_WORKER_WAITS]     = { DRAINING, GENERATION_IGNORE },
                [GENERATION_ASKED_TO_DRAIN]   = { DRAINING, GENERATION_HURRY },
                [GENERATION_ASKED_TO_STOP]    = { DRAINING, GENERATION_HURRY },
                [GENERATION_TO_BE_KILLED]     = { DRAINING, GENERATION_KILL },
                [GENERATION_PING_MISSED]      = { DRAINING, GENERATION_KILL_ZYGOTE },
                [GENERATION_ZYGOTE_DIED]      = { GONE,     GENERATION_LEAVE },
                [GENERATION_ZYGOTE_LEFT_THEM] = { ORPHANED, GENERATION_KEEP_WORKERS },
                [GENERATION_LAST_LEFT]        = { DRAINING, GENERATION_IGNORE },
                [GENERATION_ABANDONED]        = { DRAINING, GENERATION_IGNORE },
                [GENERATION_TIME_IS_UP]       = { DRAINING, GENERATION_GIVE_UP },
                [GENERATION_KILL_FAILED]      = { DRAINING, GENERATION_KILL_ZYGOTE },
        },
        [ORPHANED] = {
                [GENERATION_READY]            = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_FAILED]           = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_FORKED]           = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_NOT_FORKED]       = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_EXITED]           = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_PONG]             = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_FRAME]            = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_TRACED]           = { ORPHANED, GENERATION_MISUSE },
                [GENERATION_WORKER_WAITS]     = { ORPHANED, GENERATION_IGNORE },
                [GENERATION_ASKED_TO_DRAIN]   = { ORPHANED, GENERATION_HURRY },
                [GENERATION_ASKED_TO_STOP]    = { ORPHANED, GENERATION_HURRY },
                [GENERATION_TO_BE_KILLED]     = { ORPHANED, GENERATION_KILL_WORKERS },
                [GENERATION_PING_MISSED]      = { ORPHANED, GENERATION_IGNORE },
                [GENERATION_ZYGOTE_DIED]      = { ORPHANED, GENERATION_IGNORE },
                [GENERATION_ZYGOTE_LEFT_THEM] = { ORPHANED, GENERATION_IGNORE },
                [GENERATION_LAST_LEFT]        = { GONE,     GENERATION_LEAVE },
                [GENERATION_ABANDONED]        = { GONE,     GENERATION_LEAVE },
                [GENERATION_TIME_IS_UP]       = { ORPHANED, GENERATION_GIVE_UP },
                [GENERATION_KILL_FAILED]      = { GONE,     GENERATION_LEAVE_WORKERS },
        },
        [GONE] = { /* nothing is done any more */
                [0 ... _GENERATION_EVENT_MAX - 1] = { GONE, GENERATION_IGNORE },
        },
};
/* clang-format on */

/* --- times --- */

void generation_life_init(
                GenerationLife *life, uint64_t process_control_timeout_usec, uint64_t now_usec) {
        *life = (GenerationLife){
                .state = GENERATION_STARTING,
                .drain_limit_usec = process_control_timeout_usec,
                .limit_usec = now_usec + GENERATION_START_LIMIT_USEC,
        };
}

uint64_t generation_life_drain_limit_usec(const GenerationLife *life) {
        return life->drain_limit_usec > 0 ? life->drain_limit_usec : GENERATION_DRAIN_LIMIT_USEC;
}

/* A generation that was replaced is not waited for: without process_control_timeout it may take as long as it needs. */
static void limit_drain(GenerationLife *life, bool stops, uint64_t now_usec) {
        life->limit_usec = stops || life->drain_limit_usec > 0
                                           ? now_usec + generation_life_drain_limit_usec(life)
                                           : 0;
}

static void set_times(GenerationLife *life, GenerationState before, GenerationAction action,
                bool stops, uint64_t now_usec) {
        switch (action) {
        case GENERATION_SERVE:
                life->limit_usec = 0;
                break;
        case GENERATION_REFUSE:
                /* Its end follows. */
                life->limit_usec = 0;
                if (before == GENERATION_STARTING)
                        life->kill_usec = now_usec + GENERATION_REFUSED_LIMIT_USEC;
                break;
        case GENERATION_DRAIN:
                limit_drain(life, stops, now_usec);
                break;
        case GENERATION_HURRY:
                if (life->limit_usec == 0)
                        limit_drain(life, stops, now_usec);
                break;
        case GENERATION_KILL:
        case GENERATION_GIVE_UP:
        case GENERATION_KILL_ZYGOTE:
        case GENERATION_KILL_WORKERS:
                life->limit_usec = 0;
                life->kill_usec = now_usec + GENERATION_KILL_LIMIT_USEC;
                break;
        case GENERATION_KEEP_WORKERS:
                /* The same as after a reload. A generation that drained already keeps its limit. */
                life->kill_usec = 0;
                if (before != GENERATION_DRAINING || life->limit_usec == 0)
                        limit_drain(life, false, now_usec);
                break;
        case GENERATION_LEAVE:
        case GENERATION_LEAVE_WORKERS:
                life->limit_usec = life->kill_usec = 0;
                break;
        default:
                break;
        }
}

GenerationAction generation_life_take(
                GenerationLife *life, GenerationEvent event, uint64_t now_usec) {
        GenerationState before = life->state;
        Transition transition = transitions[before][event];

        life->state = transition.next;
        if (transition.action == GENERATION_KILL || transition.action == GENERATION_GIVE_UP ||
                        transition.action == GENERATION_KILL_WORKERS)
                life->doomed = true;
        set_times(life, before, transition.action, event == GENERATION_ASKED_TO_STOP, now_usec);
        return transition.action;
}

uint64_t generation_life_next_usec(const GenerationLife *life) {
        if (life->limit_usec == 0 || (life->kill_usec > 0 && life->kill_usec < life->limit_usec))
                return life->kill_usec;

        return life->limit_usec;
}

bool generation_life_time(GenerationLife *life, uint64_t now_usec, GenerationEvent *ret) {
        if (life->kill_usec > 0 && life->kill_usec <= now_usec) {
                life->kill_usec = 0;
                *ret = GENERATION_KILL_FAILED;
                return true;
        }
        if (life->limit_usec > 0 && life->limit_usec <= now_usec) {
                life->limit_usec = 0;
                *ret = GENERATION_TIME_IS_UP;
                return true;
        }

        return false;
}
