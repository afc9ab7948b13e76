/* SPDX-License-Identifier: MIT */
#pragma once
/* Status page: the state of a pool as text, in each of php-fpm's formats. Pure.
 *
 * Names, order, padding and quoting are php-fpm's to the byte, so that what reads its page reads ours;
 * "max children" is one field more, behind the others. What clients chose (URI, user, script) is made
 * harmless in each format.
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contract/scoreboard.h"

typedef enum StatusFormat {
        STATUS_TEXT,
        STATUS_HTML,
        STATUS_XML,
        STATUS_JSON,
        STATUS_OPENMETRICS,
        _STATUS_FORMAT_MAX,
} StatusFormat;

typedef struct StatusProcess {
        SlotView slot;
        uint64_t duration_usec; /* of the request that runs, else of the last one */
} StatusProcess;

typedef struct StatusPage {
        const char *pool, *process_manager;
        uint64_t now_sec; /* time(2) */
        PoolTotals totals;
        uint64_t n_requests; /* with those of former generations */
        uint64_t n_queued, n_queue_limit;
        unsigned n_idle, n_busy;
        bool has_memory_peak; /* php-fpm's page has it since PHP 8.4 */
        uint64_t memory_peak_bytes;
        const StatusProcess *processes;
        size_t n_processes;
} StatusPage;

/* The whole page, which the caller frees; full: with each process, where the format has that. 0 or -ENOMEM. */
int status_page_write(char **ret, size_t *ret_size, const StatusPage *page, StatusFormat format,
                bool full);

/* The numbers of the pool by the names and in the order of the page, from 0 on. NULL: there are no more. */
const char *status_page_number(const StatusPage *page, size_t i, uint64_t *ret);

/* What Content-Type says. */
const char *status_page_type(StatusFormat format);

/* "Idle", "Running" …: php-fpm's words. */
const char *status_page_state(SlotState state);

/* Whether php-fpm would count it as a process: it has come to the socket. */
bool status_page_counts(SlotState state);
