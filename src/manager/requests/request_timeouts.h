/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestTimeouts: ends requests that run longer than request_terminate_timeout, and logs those that run longer than
 * request_slowlog_timeout, both with their PHP stacks.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/requests/stack_requests.h"
#include "manager/workers/slots.h"

typedef struct RequestTimeouts RequestTimeouts;

/* What it works with. Everything is borrowed. */
typedef struct RequestTimeoutsContext {
        sd_event *event;
        const PoolConfig *config;
        Scoreboard *board;
        const Slots *slots;
        StackRequests *stack_requests;
        void (*end)(unsigned slot, SlotWord word,
                        void *userdata); /* ends a request whose stack is not wanted or cannot be read */
        void (*slow)(void *userdata); /* there was one more slow request */
        void *userdata;
} RequestTimeoutsContext;

/* Makes the object that enforces the time limits of a generation. Returns 0 or a negative errno. */
int request_timeouts_new(RequestTimeouts **ret, const RequestTimeoutsContext *context);
RequestTimeouts *request_timeouts_free(RequestTimeouts *request_timeouts);
DEFINE_CLEANUP(RequestTimeouts, request_timeouts_free);

/* Is to be called at the start, and each time that a worker has woken the manager. */
void request_timeouts_check(RequestTimeouts *request_timeouts);

/* Orders the end of the requests that are to be ended once more: the zygote may have died before it read the first
 * order. */
void request_timeouts_repeat(RequestTimeouts *request_timeouts);

/* Returns how many requests were slow. */
uint64_t request_timeouts_count_slow(const RequestTimeouts *request_timeouts);

/* Why the manager has ended the worker of a slot. */
typedef struct RequestTimeoutsEnd {
        char cause[96];   /* "ran for …" */
        char seconds[32]; /* for how long */
        char *stack;      /* owned; NULL if none was read */
        int error;        /* why none was read */
} RequestTimeoutsEnd;

/* Is to be called when the worker of this slot is dead. Returns whether the manager has ended it, and why in *ret; the
 * caller then frees ret->stack. */
bool request_timeouts_take_end(
                RequestTimeouts *request_timeouts, unsigned slot, RequestTimeoutsEnd *ret);

/* Returns what a journal entry says about a missing stack, or NULL when the reason is of no interest. */
const char *request_timeouts_why_no_stack(int error);
