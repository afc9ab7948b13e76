/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerLog: a worker's way to the journal, with fields. Its stderr, a journal stream too, is what remains when
 * journald does not keep up. Lines that neither takes are lost; they are counted, and the number is logged when
 * journald reads again.
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
        uint64_t stuck_until_usec; /* journald did not read: it is not waited for again before this time */
        unsigned long long n_lost; /* lost lines whose number was not logged yet */
} WorkerLog;

/* Begins an entry with the fields that each entry of a worker has. */
void worker_log_begin(const WorkerLog *log, JournalEntry *entry, int priority, const char *message,
                size_t n);

/* Sends an entry. Returns 0, or a negative errno, after which the caller writes the line by worker_log_write(). It
 * waits 50 ms for a busy journald, at most once in a second, so that a script that floods it goes at the speed at which
 * journald reads. */
int worker_log_send(WorkerLog *log, const JournalEntry *entry);

/* Writes whole lines, each with its priority in front (sd-daemon(3)), to stderr, and never waits. log may be NULL in
 * the zygote. */
void worker_log_write(WorkerLog *log, const char *lines, size_t size);

/* Logs how many lines were lost, if any were and journald reads again. */
void worker_log_report_lost(WorkerLog *log);

/* Logs an event in one line, on stderr if journald does not take it. */
void worker_log_event(WorkerLog *log, Event event, int priority, const char *format, ...)
                _printf_(4, 5);

/* Waits at most timeout_usec until journald has read what was sent: it would not know the unit of a process that has
 * gone. */
void worker_log_drain(WorkerLog *log, uint64_t timeout_usec);
