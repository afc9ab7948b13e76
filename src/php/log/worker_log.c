/* SPDX-License-Identifier: MIT */
#include "php/log/worker_log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal_socket.h"

enum {
        WAIT_MSEC = 50,
        STUCK_USEC = 1000 * 1000,
};

void worker_log_begin(const WorkerLog *log, JournalEntry *entry, int priority, const char *message,
                size_t n) {
        journal_entry_add_bytes(entry, "MESSAGE", message, n);
        journal_entry_add_number(entry, "PRIORITY", (unsigned) priority & 7);
        journal_entry_add(entry, "SYSLOG_IDENTIFIER", "fpmd-php");
        journal_entry_add(entry, "FPMD_POOL", log->pool);
        journal_entry_add_number(entry, "FPMD_SLOT", log->slot);
}

static int send_patiently(WorkerLog *log, const JournalEntry *entry) {
        struct pollfd fd = { .fd = log->fd, .events = POLLOUT };
        int r;

        r = journal_socket_send(log->fd, entry);
        if (r != -EAGAIN || clock_now_usec() < log->stuck_until_usec)
                return r;

        (void) poll(&fd, 1, WAIT_MSEC);
        r = journal_socket_send(log->fd, entry);
        if (r == -EAGAIN)
                log->stuck_until_usec = clock_now_usec() + STUCK_USEC;

        return r;
}

int worker_log_send(WorkerLog *log, const JournalEntry *entry) {
        int r;

        if (log->fd < 0)
                return -EBADF;

        worker_log_report_lost(log);
        r = send_patiently(log, entry);
        if (r < 0)
                return r;

        log->sent = true;
        return 0;
}

static unsigned count_lines(const char *lines, size_t size) {
        const char *end = lines + size;
        unsigned n = 0;

        while ((lines = memchr(lines, '\n', (size_t) (end - lines)))) {
                lines++;
                n++;
        }

        return n;
}

void worker_log_write(WorkerLog *log, const char *lines, size_t size) {
        if (log)
                worker_log_report_lost(log);
        if (journal_stream_write(STDERR_FILENO, lines, size) < 0 && log)
                log->n_lost += count_lines(lines, size);
}

void worker_log_report_lost(WorkerLog *log) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};
        char text[96];
        int n;

        if (log->n_lost == 0 || log->fd < 0)
                return;

        n = snprintf(text, sizeof(text), "journald did not read, %llu lines of worker %u are lost",
                        log->n_lost, log->slot);
        worker_log_begin(log, &entry, LOG_WARNING, text, (size_t) n);
        journal_entry_add(&entry, "MESSAGE_ID", event_id(EVENT_LINES_LOST));
        journal_entry_add(&entry, "FPMD_EVENT", event_name(EVENT_LINES_LOST));
        journal_entry_add_number(&entry, "FPMD_LOST", log->n_lost);
        if (journal_socket_send(log->fd, &entry) < 0)
                return;

        log->n_lost = 0;
        log->sent = true;
}

static void write_line(WorkerLog *log, int priority, const char *text) {
        _cleanup_free_ char *line = NULL;
        int n = asprintf(&line, "<%d>%s\n", priority, text);

        if (n >= 0)
                worker_log_write(log, line, (size_t) n);
}

void worker_log_event(WorkerLog *log, Event event, int priority, const char *format, ...) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        int n;

        va_start(arguments, format);
        n = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (n < 0)
                return;

        worker_log_begin(log, &entry, priority, text, (size_t) n);
        journal_entry_add(&entry, "MESSAGE_ID", event_id(event));
        journal_entry_add(&entry, "FPMD_EVENT", event_name(event));
        if (worker_log_send(log, &entry) < 0)
                write_line(log, priority, text);
}

void worker_log_drain(WorkerLog *log, uint64_t timeout_usec) {
        if (log->sent)
                (void) journal_socket_drain(log->fd, -EBADF, timeout_usec);
        log->sent = false;
}
