/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerLog: a worker's way to the journal, with fields. Its stderr, a journal stream too, is what remains when
 * journald does not keep up.
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stdint.h>

#include "base/journal_entry.h"
#include "contract/events.h"

typedef struct WorkerLog {
        int fd; /* of base/journal_socket.h, negative: there is no journal */
        const char *pool;
        unsigned slot;
        bool sent;                 /* since the last drain */
        uint64_t stuck_until_usec; /* journald did not read: it is not waited for again before */
} WorkerLog;

/* The fields that each entry of a worker has. */
void worker_log_begin(const WorkerLog *log, JournalEntry *entry, int priority, const char *message,
                size_t n);

/* 0, or negative errno: say it on stderr. Waits a moment for a journald that is busy. */
int worker_log_send(WorkerLog *log, const JournalEntry *entry);

/* Something happens: one line, on stderr if need be. */
void worker_log_event(WorkerLog *log, Event event, int priority, const char *format, ...)
                _printf_(4, 5);

/* Waits until journald has read what was sent: of a process that has gone it would not know the unit. */
void worker_log_drain(WorkerLog *log, uint64_t timeout_usec);
