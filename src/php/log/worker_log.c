/* SPDX-License-Identifier: MIT */
#include "php/log/worker_log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

/* A script that floods is held up here, at the speed at which journald reads. */
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

        r = send_patiently(log, entry);
        if (r < 0)
                return r;

        log->sent = true;
        return 0;
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
                fprintf(stderr, "<%d>%s\n", priority, text);
}

void worker_log_drain(WorkerLog *log, uint64_t timeout_usec) {
        if (log->sent)
                (void) journal_socket_drain(log->fd, -EBADF, timeout_usec);
        log->sent = false;
}
