/* SPDX-License-Identifier: MIT */
#pragma once
/* AgentAnswer: what HAProxy is told of a pool, in the words of its agent-check. Pure.
 *
 * Runs in: fpmd-agent. */

#include <stdbool.h>
#include <stdint.h>

#include "base/parse.h"
#include "fpmctl/pools/pools.h"

enum {
        AGENT_ANSWER_MAX = 128,

        /* No pool that serves has less weight: what is busy now may be idle by the time the next request comes, and a
         * weight of 0 would take the pool out altogether. */
        AGENT_WEIGHT_MIN = 10,
};

typedef struct AgentPool {
        PoolPresence presence;
        bool is_known;
        bool is_drained;  /* by fpmctl drain */
        bool starts_late; /* see agent_start.h */
        bool has_mistake; /* it is at rest, and its file is wrong: the next request would not start it */
        uint64_t worker_limit; /* 0: not known, since the pool does not run */
        double used;           /* workers that are busy or waited for, of worker_limit */
        double cpu_pressure; /* 0: nothing waits for a processor of the machine; 1: something always does */
} AgentPool;

/* What an asker wants to hear beside the state. */
typedef enum AgentWish {
        AGENT_WEIGHT = 1 << 0,
        AGENT_MAXCONN = 1 << 1,
        AGENT_ALL = AGENT_WEIGHT | AGENT_MAXCONN,
} AgentWish;

/* Cuts the line of an asker, "POOL [WORD]...", behind the name. Returns the wishes of the words, AGENT_ALL if there are
 * none; other words than weight and maxconn say nothing. */
unsigned agent_read_line(char *line);

/* Writes the line of the answer, with its end. */
void agent_answer(const AgentPool *pool, unsigned wishes, char ret[static AGENT_ANSWER_MAX]);

/* Returns the weight in percent, from AGENT_WEIGHT_MIN to 100. */
unsigned agent_weight(double used, double cpu_pressure);
