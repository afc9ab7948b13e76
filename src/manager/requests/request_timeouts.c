/* SPDX-License-Identifier: MIT */
#include "manager/requests/request_timeouts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/parse.h"
#include "manager/requests/deadlines.h"
#include "manager/requests/slow_format.h"
#include "manager/requests/slow_log.h"

/* The request of a slot that the manager has ended. */
typedef struct Ended {
        uint64_t ran_usec; /* 0: none */
        SlotWord word;
        char *stack; /* owned */
        int error;   /* why there is no stack, 0: not known */
} Ended;

struct RequestTimeouts {
        RequestTimeoutsContext context;
        Deadlines *deadlines;
        SlowLog *slow_log;
        Ended *ended; /* by slot */
};

static void request_timeouts_on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        RequestTimeouts *o = userdata;

        /* It has ended by itself in the last moment. */
        if (error == -ESTALE)
                o->ended[slot].ran_usec = 0;
        free(o->ended[slot].stack);
        o->ended[slot].stack = *stack ? slow_format_stack(stack) : NULL;
        o->ended[slot].error = error;
}

/* It is one order with the stack, so that there are no more orders than requests that are late; without the stack if
 * that cannot be asked for. */
static void end_request(RequestTimeouts *o, unsigned slot, SlotWord word, uint64_t ran_usec) {
        int r;

        /* Between a look at the slot word and the signal the request may end: then no new one is in its place, only one
         * on a connection that the web server keeps, when the worker is about to leave. */
        atomic_store(&scoreboard_control_page(o->context.board)->retired[slot], 1);

        free(o->ended[slot].stack);
        o->ended[slot] = (Ended){ .ran_usec = ran_usec, .word = word };
        r = stack_requests_ask(o->context.stack_requests,
                        &(StackQuestion){
                                        .slot = slot,
                                        .depth = (unsigned) o->context.config
                                                                 ->request_slowlog_trace_depth,
                                        .word = word,
                                        .ends_worker = true,
                        },
                        request_timeouts_on_stack, o);
        if (r < 0) {
                o->ended[slot].error = r;
                o->context.end(slot, word, o->context.userdata);
        }
}

static void request_timeouts_on_due(DeadlineKind kind, unsigned slot, SlotWord word,
                uint64_t ran_usec, void *userdata) {
        RequestTimeouts *o = userdata;

        if (kind == DEADLINE_END) {
                end_request(o, slot, word, ran_usec);
                return;
        }

        slow_log_write(o->slow_log, slot, word, ran_usec);
        o->context.slow(o->context.userdata);
}

int request_timeouts_new(RequestTimeouts **ret, const RequestTimeoutsContext *context) {
        _cleanup_(request_timeouts_freep) RequestTimeouts *o = NULL;
        const PoolConfig *config = context->config;
        const DeadlineRule rules[_DEADLINE_MAX] = {
                [DEADLINE_SLOW] = { .timeout_usec = config->request_slowlog_timeout_usec },
                [DEADLINE_END] = { .timeout_usec = config->request_terminate_timeout_usec,
                                .track_finished =
                                                config->request_terminate_timeout_track_finished },
        };
        int r;

        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;

        o->context = *context;
        o->ended = calloc(scoreboard_slots(context->board), sizeof(Ended));
        if (!o->ended)
                return -ENOMEM;

        r = slow_log_new(&o->slow_log, context->event, config, context->board, context->slots,
                        context->stack_requests);
        if (r < 0)
                return r;

        r = deadlines_new(&o->deadlines, context->event, rules, context->board,
                        request_timeouts_on_due, o);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(o);
        return 0;
}

RequestTimeouts *request_timeouts_free(RequestTimeouts *o) {
        if (!o)
                return NULL;

        deadlines_free(o->deadlines);
        slow_log_free(o->slow_log);
        stack_requests_forget(o->context.stack_requests, o);
        for (unsigned i = 0; o->ended && i < scoreboard_slots(o->context.board); i++)
                free(o->ended[i].stack);
        free(o->ended);
        free(o);
        return NULL;
}

void request_timeouts_check(RequestTimeouts *o) {
        deadlines_check(o->deadlines);
}

void request_timeouts_repeat(RequestTimeouts *o) {
        for (unsigned i = 0; i < scoreboard_slots(o->context.board); i++)
                if (o->ended[i].ran_usec > 0)
                        o->context.end(i, o->ended[i].word, o->context.userdata);
}

uint64_t request_timeouts_count_slow(const RequestTimeouts *o) {
        return slow_log_count(o->slow_log);
}

bool request_timeouts_take_end(RequestTimeouts *o, unsigned slot, RequestTimeoutsEnd *ret) {
        Ended *ended = &o->ended[slot];
        double seconds = (double) ended->ran_usec / USEC_PER_SEC;

        if (ended->ran_usec == 0)
                return false;

        snprintf(ret->cause, sizeof(ret->cause),
                        "ran for %.2f s, longer than request_terminate_timeout", seconds);
        snprintf(ret->seconds, sizeof(ret->seconds), "%.6f", seconds);
        ret->stack = TAKE_PTR(ended->stack);
        ret->error = ended->error;
        ended->ran_usec = 0;
        return true;
}

const char *request_timeouts_why_no_stack(int error) {
        switch (error) {
        case -ECANCELED:
                return "the zygote has gone";
        case -EBUSY:
                return "too many requests were to be ended at once";
        case -EMFILE:
        case -ENFILE:
                return "the zygote has no file descriptor left for it (RLIMIT_NOFILE)";
        case -ETOOMANYREFS:
                return "too many file descriptors of its user are under way in sockets (RLIMIT_NOFILE)";
        default:
                return NULL;
        }
}
