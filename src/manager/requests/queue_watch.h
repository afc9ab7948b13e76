/* SPDX-License-Identifier: MIT */
#pragma once
/* Queue watch: how many connections wait at most, and, for pm.queue_timeout, which have waited for too
 * long, which it tells the workers. It looks at the queues only while every worker is busy.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/sockets/listener.h"

typedef struct QueueWatch QueueWatch;

/* Borrows everything. 0 or negative errno. */
int queue_watch_new(QueueWatch **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board);
QueueWatch *queue_watch_free(QueueWatch *watch);
DEFINE_CLEANUP(QueueWatch, queue_watch_free);

/* At the start and at each bell. */
void queue_watch_check(QueueWatch *watch);

/* The most that were ever seen to wait. */
uint64_t queue_watch_peak(const QueueWatch *watch);
