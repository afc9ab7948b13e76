/* SPDX-License-Identifier: MIT */
#pragma once
/* Workforce: keeps the number of a generation's workers right. It asks policy.c when something has happened: a worker
 * has woken the manager or has ended, a connection waits that no worker can take, a pause is over. It never wakes up
 * regularly.
 *
 * Runs in: manager.
 * Trusts:  its own count of living workers. The scoreboard, which the workers write, only divides them into idle and
 * busy. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/sockets/listener.h"
#include "manager/workers/slots.h"

typedef struct Workforce Workforce;

/* How orders get to the zygote. Each returns 0, or a negative errno when the zygote is gone or does not read. */
typedef struct WorkforceOrders {
        int (*start_worker)(unsigned slot, void *userdata);
        int (*retire_worker)(unsigned slot, void *userdata);
} WorkforceOrders;

/* Makes the workforce of a generation, which gives no orders yet. Borrows everything. Returns 0 or a negative
 * errno. */
int workforce_new(Workforce **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board, const WorkforceOrders *orders,
                void *userdata);
Workforce *workforce_free(Workforce *workforce);
DEFINE_CLEANUP(Workforce, workforce_free);

/* Start and stop the giving of orders. */
void workforce_start(Workforce *workforce);
void workforce_stop(Workforce *workforce);

/* Is to be called when something has happened: counts the workers and orders what is needed. */
void workforce_balance(Workforce *workforce);

/* Is to be called when the zygote has forked a worker: there may be room for further orders. */
void workforce_forked(Workforce *workforce);

/* Returns the slots of its workers. Reports of the zygote go in by slots_forked() and so on. */
Slots *workforce_slots(Workforce *workforce);

/* Return how many workers there may be, and why, for people. */
uint64_t workforce_worker_limit(const Workforce *workforce);
void workforce_describe_worker_limit(const Workforce *workforce, char *buffer, size_t size);

/* Returns how often the pool came to want more workers than pm.max_children allows (php-fpm: max children reached). */
uint64_t workforce_limit_reached(const Workforce *workforce);
