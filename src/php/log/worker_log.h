/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerLog: a worker's way to the journal, with fields. Its stderr, a journal stream too, is what remains when
 * journald does not keep up. What neither takes is lost, counted, and told when journald reads again.
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
        unsigned long long n_lost; /* lines that nobody has been told of */
} WorkerLog;

/* The fields that each entry of a worker has. */
void worker_log_begin(const WorkerLog *log, JournalEntry *entry, int priority, const char *message,
                size_t n);

/* 0, or negative errno: say it with worker_log_write(). Waits 50 ms for a journald that is busy, at most once in a
 * second: a script that floods goes at the speed at which journald reads. */
int worker_log_send(WorkerLog *log, const JournalEntry *entry);

/* Whole lines, each with its priority in front (sd-daemon(3)), on stderr. Never waits. log may be NULL: no worker yet. */
void worker_log_write(WorkerLog *log, const char *lines, size_t size);

/* Says how many lines were lost, if any were and journald reads again. */
void worker_log_tell_lost(WorkerLog *log);

/* Something happens: one line, on stderr if need be. */
void worker_log_event(WorkerLog *log, Event event, int priority, const char *format, ...)
                _printf_(4, 5);

/* Waits until journald has read what was sent: of a process that has gone it would not know the unit. */
void worker_log_drain(WorkerLog *log, uint64_t timeout_usec);
