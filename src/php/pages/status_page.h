/* SPDX-License-Identifier: MIT */
#pragma once
/* StatusPage: the state of a pool as text, in each of php-fpm's formats. Pure.
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

/* Writes the whole page, with full also each process where the format has that. The caller frees *ret. Returns 0 or
 * -ENOMEM. */
int status_page_write(char **ret, size_t *ret_size, const StatusPage *page, StatusFormat format,
                bool full);

/* Reads a number of the pool. They are counted from 0 on in the order of the page. Returns its name, or NULL when there
 * are no more. */
const char *status_page_number(const StatusPage *page, size_t i, uint64_t *ret);

/* Returns the Content-Type of a format. */
const char *status_page_type(StatusFormat format);

/* Returns php-fpm's name of a state: "Idle", "Running" … */
const char *status_page_state(SlotState state);

/* Returns whether php-fpm would count a worker in this state as a process: it has come to the socket. */
bool status_page_counts(SlotState state);
