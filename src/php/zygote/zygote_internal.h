/* SPDX-License-Identifier: MIT */
#pragma once
/* What zygote.c, its life, and zygote_orders.c, what the manager wants, know of each other.
 *
 * Runs in: zygote. */

#include <stdbool.h>

#include "contract/message_queue.h"
#include "php/zygote/children.h"
#include "php/zygote/zygote.h"

/* An order that can wait. */
typedef struct Order {
        struct Order *next;
        Message message;
} Order;

struct Zygote {
        int control_fd; /* -EBADF once the manager has gone */
        int signal_fd, epoll_fd;
        Scoreboard *board;
        ZygoteHooks hooks;
        Children *children;
        MessageQueue reports; /* what the manager has not read yet */
        Order *first, **last; /* what can wait */
        uint64_t stacks_usec; /* spent on stacks of requests to be ended since the last order was followed */
        bool draining;
        bool needs_room; /* EPOLLOUT of the control socket is wanted */
        bool watches_status;
        uint64_t kill_usec;         /* when what still runs is killed, 0: the manager sees to it */
        uint64_t status_pause_usec; /* no status worker before this */
};

/* Forks. Does not return in the worker. 0 or negative errno. */
int zygote_fork(Zygote *zygote, unsigned slot);

/* Tells the manager, as soon as it reads. It may have gone: then there is nobody to tell. */
void zygote_report(Zygote *zygote, MessageType type, unsigned slot, int value);

/* --- zygote_orders.c --- */

/* Reads orders, as many as can be followed before others have their turn. */
void zygote_read_orders(Zygote *zygote);

/* Whether there is an order that waited and can be followed now; follows it. */
bool zygote_has_work(Zygote *zygote);
void zygote_work(Zygote *zygote);

/* The manager has gone, or said something that we do not understand: finish and leave. */
void zygote_lose_manager(Zygote *zygote);
