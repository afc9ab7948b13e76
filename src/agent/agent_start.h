/* SPDX-License-Identifier: MIT */
#pragma once
/* AgentStart: whether a pool starts in a moment, or tries and does not come up. Pure.
 *
 * Runs in: fpmd-agent. */

#include <stdbool.h>
#include <stdint.h>

#include "base/parse.h"
#include "fpmctl/pools/pools.h"

/* How long a pool may be starting, and count as one that serves in a moment. One that lacks a mount or a PHP is started
 * again and again while connections wait. */
#define AGENT_START_USEC (5 * USEC_PER_SEC)

/* Longer than the pause between two tries: one that has not tried for so long has given up, or nobody wants it. */
#define AGENT_PAUSE_USEC (10 * USEC_PER_SEC)

typedef struct AgentStart {
        uint64_t since_usec; /* the first try since it has served; 0: none */
        uint64_t tried_usec; /* when it was seen to try last */
} AgentStart;

/* Is to be called with each look at the pool. Returns whether it has been trying for AGENT_START_USEC, and has neither
 * served nor come to rest since. */
bool agent_start_is_late(AgentStart *start, PoolPresence presence, uint64_t now_usec);
