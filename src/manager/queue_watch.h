/* SPDX-License-Identifier: MIT */
#pragma once
/* Queue watch: for pm.queue_timeout, tells the workers which connections have waited for too long. It
 * looks at the queues only while something waits in them and every worker is busy.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "manager/listener.h"
#include "shared/cleanup.h"
#include "shared/pool_config.h"
#include "shared/scoreboard.h"

typedef struct QueueWatch QueueWatch;

/* Borrows everything. 0 or negative errno. */
int queue_watch_new(QueueWatch **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board);
QueueWatch *queue_watch_free(QueueWatch *watch);
DEFINE_CLEANUP(QueueWatch, queue_watch_free);

/* At the start and at each bell. */
void queue_watch_look(QueueWatch *watch);
