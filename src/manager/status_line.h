/* SPDX-License-Identifier: MIT */
#pragma once
/* StatusLine: the line that systemctl status shows of a pool. It is sent when the manager is awake anyway and stays
 * until the next one, so it names its time, and times in it are times of day.
 *
 * Runs in: manager. Pure. */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "manager/generation/pool.h"

typedef struct StatusRate {
        uint64_t n_requests, at_usec; /* when the number was read last */
        double per_second; /* between the last two updates that were a second apart or more */
} StatusRate;

/* Takes the number of requests that the pool has answered until now_usec; the rate is computed anew when a second has
 * passed since it was computed last. */
void status_rate_update(StatusRate *rate, uint64_t n_requests, uint64_t now_usec);

typedef struct StatusTrouble {
        const char *text; /* NULL: none so far */
        struct tm at;
} StatusTrouble;

/* Writes the line, cut to size. */
void status_line_format(char *line, size_t size, const PoolStatus *status, const StatusRate *rate,
                const StatusTrouble *trouble, const struct tm *now);
