/* SPDX-License-Identifier: MIT */
#pragma once
/* SlowLog: logs a request that runs for longer than request_slowlog_timeout, once, with its PHP stack.
 *
 * Runs in: manager.
 * Trusts:  nobody: what the scoreboard and the stack say is escaped. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/requests/stack_requests.h"
#include "manager/workers/slots.h"

typedef struct SlowLog SlowLog;

/* Makes the slow log of a generation. Borrows everything. Returns 0 or -ENOMEM. */
int slow_log_new(SlowLog **ret, sd_event *event, const PoolConfig *config, Scoreboard *board,
                const Slots *slots, StackRequests *stack_requests);
SlowLog *slow_log_free(SlowLog *log); /* before stack_requests */
DEFINE_CLEANUP(SlowLog, slow_log_free);

/* Is to be called when the request of this slot word is slow: asks for its stack, and writes the entry when the stack
 * was read. */
void slow_log_write(SlowLog *log, unsigned slot, SlotWord word, uint64_t ran_usec);

/* Returns how many requests were slow. */
uint64_t slow_log_count(const SlowLog *log);
