/* SPDX-License-Identifier: MIT */
#pragma once
/* Overdue: ends requests that run longer than request_terminate_timeout, and tells what they did.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "shared/cleanup.h"
#include "shared/pool_config.h"
#include "shared/scoreboard.h"

typedef struct Overdue Overdue;

/* Orders to the zygote. It follows them in turn, so a stack is read before the end. */
typedef struct OverdueOrders {
        void (*trace)(unsigned slot, unsigned depth, void *userdata);
        void (*end)(unsigned slot, SlotWord word, void *userdata);
} OverdueOrders;

/* Borrows everything. 0 or negative errno. */
int overdue_new(Overdue **ret, sd_event *event, const PoolConfig *config, Scoreboard *board,
                const OverdueOrders *orders, void *userdata);
Overdue *overdue_free(Overdue *overdue);
DEFINE_CLEANUP(Overdue, overdue_free);

/* At the start and at each bell. */
void overdue_look(Overdue *overdue);

/* The zygote's reports. 0, or -EBADMSG: nobody has asked, or for so many. */
int overdue_frame(Overdue *overdue, unsigned slot, const char *frame);

/* The worker of this slot is dead. Why, if it was we who ended it: "its request ran for …" and the
 * stack, until the next call for the slot; else NULL. */
const char *overdue_cause(Overdue *overdue, unsigned slot);
