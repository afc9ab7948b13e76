/* SPDX-License-Identifier: MIT */
#pragma once
/* JournalSocket: two connected ways to journald, a socket for entries and a stream for lines. They are opened while
 * journald's sockets can be seen: what has changed its root directory, or is forked later, goes on using the fd.
 *
 * Runs in: manager (opens), workers (send).
 * Trusts:  not even journald: nothing here waits for it without a limit. */

#include <stddef.h>
#include <stdint.h>

#include "base/journal_entry.h"

/* Connects to journald's socket for entries. Returns the fd or a negative errno. */
int journal_socket_open(void);

/* Sends an entry and never waits; what is too large for a datagram goes in a memfd. Returns 0, -EAGAIN when journald
 * does not keep up or this pool has sent its share, or another negative errno. */
int journal_socket_send(int fd, const JournalEntry *entry);

enum {
        /* How long a line down the stream waits for a journald that does not read. Longer than a busy one leaves a full
         * stream unread, and short enough for a request in which a script writes some lines while journald hangs. */
        JOURNAL_STREAM_WAIT_USEC = 100 * 1000,
};

/* Lets a write() to the stream fail with EAGAIN after that time. The limit belongs to the socket: it holds for all
 * processes that have it, so for libraries and for programs that a script starts. Nothing turns O_NONBLOCK on for the
 * file description, which they share as well (CVE-2015-9253). */
void journal_stream_limit(int fd);

/* Writes whole lines, the last new line included, in one piece behind whatever a script has left there without an end.
 * fd may also be something else than a stream to journald: it gets the lines without "<N>" in front of them, which
 * only journald reads. Never waits. Returns 0, or a
 * negative errno when the lines are lost. */
int journal_stream_write(int fd, const char *lines, size_t size);

/* Writes a line, "<N>text\n", to standard error in the same way; format begins with its priority. */
__attribute__((format(printf, 1, 2))) void stderr_line(const char *format, ...);

/* Ends a line that a script has left unfinished; journald makes no entry of an empty line. Never waits. */
void journal_stream_end_line(int fd);

/* Waits, for at most timeout_usec, until journald has read what was sent to fd and what was written to stream_fd
 * (negative: none). journald looks up who has sent an entry when it reads it, and knows nothing of a process that has
 * gone by then. Returns 0 or -ETIMEDOUT. */
int journal_socket_drain(int fd, int stream_fd, uint64_t timeout_usec);
