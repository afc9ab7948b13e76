/* SPDX-License-Identifier: MIT */
#include "manager/requests/queue_history.h"

void queue_history_add(
                QueueHistory *history, uint64_t accepted, uint64_t queued, uint64_t now_usec) {
        history->moments[history->n % QUEUE_HISTORY_MAX] = (QueueMoment){
                .at_usec = now_usec,
                .arrived = accepted + queued,
        };
        history->n++;
}

uint64_t queue_history_stale(
                const QueueHistory *history, uint64_t timeout_usec, uint64_t now_usec) {
        unsigned n = history->n < QUEUE_HISTORY_MAX ? history->n : QUEUE_HISTORY_MAX;
        uint64_t stale = 0;

        for (unsigned i = 0; i < n; i++) {
                const QueueMoment *moment = &history->moments[i];

                if (moment->at_usec + timeout_usec <= now_usec && moment->arrived > stale)
                        stale = moment->arrived;
        }

        return stale;
}
