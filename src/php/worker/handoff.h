/* SPDX-License-Identifier: MIT */
#pragma once
/* Handoff: hands connections to other workers, and takes what others have handed over, through the socket pair that
 * all workers of a pool have (manager/sockets/handoff_pair.h).
 *
 * What lies in the pair is the pool's one queue of requests that wait longer than their own worker can be waited for.
 *
 * Runs in: worker, and its thread, one at a time.
 * Trusts:  nobody. What comes out of the pair is a connection of an unknown client, and a claim since when it waits. */

#include <stdbool.h>
#include <stdint.h>

typedef struct Handoff {
        int in_fd, out_fd; /* borrowed */
        int spare_fd;      /* its number is free for what is received */
        int failure;       /* why handoff_send() failed last, 0: it did not */
} Handoff;

/* Borrows both ends. */
void handoff_init(Handoff *handoff, int in_fd, int out_fd);
void handoff_done(Handoff *handoff);

/* Hands over fd, which stays the caller's to close. since_usec: a request was seen to wait on it then, 0: none was.
 * Returns 0, -EAGAIN when the pair is full, -ETOOMANYREFS when the user has too many descriptors under way, or another
 * negative errno. */
int handoff_send(Handoff *handoff, int fd, uint64_t since_usec);

/* Takes the connection that has waited longest in the pair; the caller closes it. Returns 0, -EAGAIN when there is none,
 * -EMFILE when this process has no number free for one, -EBADMSG when what lay there was no connection, -ESHUTDOWN when
 * a process has shut the pair down, or another negative errno. */
int handoff_receive(Handoff *handoff, int *ret_fd, uint64_t *ret_since_usec);

/* How many connections lie in the pair. */
unsigned handoff_depth(const Handoff *handoff);

/* What the last failure means, for a line in the log, and forgets it. NULL: nothing has failed, or only because the
 * pair was full for the moment. */
const char *handoff_take_complaint(Handoff *handoff);
