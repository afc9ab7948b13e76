/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestTimeouts: ends requests that run longer than request_terminate_timeout, tells of those that run longer than
 * request_slowlog_timeout, and what both did.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/requests/stack_requests.h"
#include "manager/workers/slots.h"

typedef struct RequestTimeouts RequestTimeouts;

/* What it works with, all borrowed. */
typedef struct RequestTimeoutsContext {
        sd_event *event;
        const PoolConfig *config;
        Scoreboard *board;
        const Slots *slots;
        StackRequests *stack_requests;
        void (*end)(unsigned slot, SlotWord word, void *userdata); /* without a stack */
        void (*slow)(void *userdata); /* there is one more slow request */
        void *userdata;
} RequestTimeoutsContext;

/* 0 or negative errno. */
int request_timeouts_new(RequestTimeouts **ret, const RequestTimeoutsContext *context);
RequestTimeouts *request_timeouts_free(RequestTimeouts *request_timeouts);
DEFINE_CLEANUP(RequestTimeouts, request_timeouts_free);

/* At the start and at each bell. */
void request_timeouts_check(RequestTimeouts *request_timeouts);

/* What was to be ended: the zygote may have died before it heard of it. */
void request_timeouts_repeat(RequestTimeouts *request_timeouts);

uint64_t request_timeouts_count_slow(const RequestTimeouts *request_timeouts);

/* Why we ended the worker of a slot. */
typedef struct RequestTimeoutsEnd {
        char cause[96];   /* "ran for …" */
        char seconds[32]; /* for how long */
        char *stack;      /* owned, NULL: none was read */
        int error;        /* then: why */
} RequestTimeoutsEnd;

/* The worker of this slot is dead. Whether it was we who ended it; then the caller frees ret->stack. */
bool request_timeouts_take_end(
                RequestTimeouts *request_timeouts, unsigned slot, RequestTimeoutsEnd *ret);

/* What an entry says of a stack that is missing; NULL: nothing that anybody needs to know. */
const char *request_timeouts_why_no_stack(int error);
