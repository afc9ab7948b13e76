/* SPDX-License-Identifier: MIT */
#pragma once
/* QueueHistory: which connections have waited for too long. Pure.
 *
 * A listening socket is a queue: first in, first out. The connections that wait in it at one moment, and those that
 * were accepted before, have the numbers up to `accepted + queued`; so a connection with such a number that is accepted
 * now has waited since that moment at least. The connection itself needs no time stamp, which a unix socket does not
 * have.
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
        QueueMoment moments[QUEUE_HISTORY_MAX]; /* a ring buffer */
        unsigned n;                             /* how many were ever added */
} QueueHistory;

/* Notes how many connections were accepted until now, and how many are queued. */
void queue_history_add(
                QueueHistory *history, uint64_t accepted, uint64_t queued, uint64_t now_usec);

/* Returns the number up to which connections have waited for timeout_usec or longer, or 0 if none is known to have. */
uint64_t queue_history_stale(const QueueHistory *history, uint64_t timeout_usec, uint64_t now_usec);
