/* SPDX-License-Identifier: MIT */
#pragma once
/* QueueWatch: how many connections wait at most and, for pm.queue_timeout, which have waited for too long. It publishes
 * both to the workers, and reads the queues only while every worker is busy. Who counts workers hears of that from
 * here: where no more may be forked, workers do not wake the manager for it.
 *
 * Runs in: manager. */

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/sockets/listener.h"

typedef struct QueueWatch QueueWatch;

/* Makes a watch of the listeners, for pm.queue_timeout. Borrows everything. Returns 0 or a negative errno. */
int queue_watch_new(QueueWatch **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board);
QueueWatch *queue_watch_free(QueueWatch *watch);
DEFINE_CLEANUP(QueueWatch, queue_watch_free);

/* Sets what is called when all workers are busy or connections wait, at most once a second, and only where the queues
 * are read anyway. */
void queue_watch_set_hook(QueueWatch *watch, void (*busy)(void *userdata), void *userdata);

/* Is to be called at the start, and each time that a worker has woken the manager. */
void queue_watch_check(QueueWatch *watch);

/* Returns the longest queue that was seen. */
uint64_t queue_watch_peak(const QueueWatch *watch);
