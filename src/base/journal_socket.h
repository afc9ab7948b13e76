/* SPDX-License-Identifier: MIT */
#pragma once
/* JournalSocket: a connected way to journald. It is opened while journald's socket can be seen: what has changed
 * its root directory, or is forked later, goes on using the fd.
 *
 * Runs in: manager (opens), workers (send). */

#include <stdint.h>

#include "base/journal_entry.h"

/* fd or negative errno. */
int journal_socket_open(void);

/* Never waits: 0, -EAGAIN (journald does not keep up, or this pool has sent its share) or another negative
 * errno. What is too large for a datagram goes in a memfd. */
int journal_socket_send(int fd, const JournalEntry *entry);

/* Waits until journald is done with all that was sent, and that was written to a stream of its own (negative:
 * none), at most so long: it looks up who has sent something when it reads it, and knows nothing of a process that
 * has gone by then. 0 or -ETIMEDOUT. */
int journal_socket_drain(int fd, int stream_fd, uint64_t timeout_usec);
