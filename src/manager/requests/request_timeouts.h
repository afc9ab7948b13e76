/* SPDX-License-Identifier: MIT */
#pragma once
/* Overdue: ends requests that run longer than request_terminate_timeout, tells of those that run longer than
 * request_slowlog_timeout, and what both did.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/requests/stack_requests.h"
#include "manager/workers/slots.h"

typedef struct Overdue Overdue;

/* What it works with, all borrowed. The zygote follows orders in turn, so a stack is read before the end. */
typedef struct OverdueContext {
        sd_event *event;
        const PoolConfig *config;
        Scoreboard *board;
        const Slots *slots;
        Traces *traces;
        void (*end)(unsigned slot, SlotWord word,
                        void *userdata); /* order to the zygote, if there is one */
        void (*slow)(void *userdata);    /* there is one more slow request */
        void *userdata;
} OverdueContext;

/* 0 or negative errno. */
int overdue_new(Overdue **ret, const OverdueContext *context);
Overdue *overdue_free(Overdue *overdue);
DEFINE_CLEANUP(Overdue, overdue_free);

/* At the start and at each bell. */
void overdue_look(Overdue *overdue);

/* What was to be ended: the zygote may have died before it heard of it. */
void overdue_repeat(Overdue *overdue);

uint64_t overdue_slow_requests(const Overdue *overdue);

/* Why we ended the worker of a slot. */
typedef struct OverdueEnd {
        char cause[96];   /* "ran for …" */
        char seconds[32]; /* for how long */
        char *stack;      /* owned, NULL: none was read */
} OverdueEnd;

/* The worker of this slot is dead. Whether it was we who ended it; then the caller frees ret->stack. */
bool overdue_take_end(Overdue *overdue, unsigned slot, OverdueEnd *ret);
