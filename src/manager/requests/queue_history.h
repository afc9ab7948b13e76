/* SPDX-License-Identifier: MIT */
#pragma once
/* Queue history: which connections have waited for too long. Pure.
 *
 * A listening socket is a queue: first in, first out. Whatever stood in it at one moment has, with all
 * that was accepted before, the numbers up to `accepted + queued`; so a connection with such a number that
 * is accepted now has waited since then at least. No clock is needed on the connection itself, which a
 * unix socket does not have.
 *
 * Runs in: manager. */

#include <stdint.h>

enum {
        QUEUE_HISTORY_MAX = 32,
};

typedef struct QueueMoment {
        uint64_t at_usec;
        uint64_t arrived; /* accepted and queued */
} QueueMoment;

typedef struct QueueHistory {
        QueueMoment moments[QUEUE_HISTORY_MAX]; /* a ring */
        unsigned n;                             /* how many were ever added */
} QueueHistory;

void queue_history_add(
                QueueHistory *history, uint64_t accepted, uint64_t queued, uint64_t now_usec);

/* The number up to which connections have waited for timeout_usec or longer, 0: none is known to. */
uint64_t queue_history_stale(const QueueHistory *history, uint64_t timeout_usec, uint64_t now_usec);
