/* SPDX-License-Identifier: MIT */
#include "manager/status_line.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/parse.h"

void status_rate_update(StatusRate *rate, uint64_t n_requests, uint64_t now_usec) {
        uint64_t elapsed = now_usec - rate->at_usec;

        if (rate->at_usec > 0 && elapsed < USEC_PER_SEC)
                return;

        rate->per_second = rate->at_usec > 0 && n_requests > rate->n_requests
                                           ? (double) (n_requests - rate->n_requests) *
                                                             (double) USEC_PER_SEC /
                                                             (double) elapsed
                                           : 0;
        rate->n_requests = n_requests;
        rate->at_usec = now_usec;
}

/* The usual states are not mentioned. */
static const char *why_started(StartReason reason) {
        switch (reason) {
        case START_EMERGENCY:
                return " (after crashes)";
        case START_ZYGOTE_LOST:
                return " (a zygote had died)";
        default:
                return "";
        }
}

void status_line_format(char *line, size_t size, const PoolStatus *status, const StatusRate *rate,
                const StatusTrouble *trouble, const struct tm *now) {
        char at[16], when[32] = "", starting[32] = "";

        strftime(at, sizeof(at), "%H:%M:%S", now);
        if (trouble->text)
                strftime(when, sizeof(when), " (%b %e %H:%M:%S)", &trouble->at);
        if (status->n_starting > 0)
                snprintf(starting, sizeof(starting), ", %u starting", status->n_starting);
        snprintf(line, size,
                        "Workers: %u of %" PRIu64
                        ", %u busy, %u idle%s; queue: %u; requests: %" PRIu64
                        "; %.1f/s; slow: %" PRIu64 "; generation %u%s; at %s%s%s%s",
                        status->n_busy + status->n_idle + status->n_starting, status->worker_limit,
                        status->n_busy, status->n_idle, starting, status->n_queued,
                        status->counts.n_requests, rate->per_second, status->counts.n_slow,
                        status->generation, why_started(status->reason), at,
                        trouble->text ? "; last trouble: " : "", trouble->text ? trouble->text : "",
                        when);
}
