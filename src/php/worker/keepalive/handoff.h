/* SPDX-License-Identifier: MIT */
#pragma once
/* Handoff: hands connections to other workers, and takes what others have handed over, through the socket pair that all
 * workers of a pool have (manager/sockets/handoff_pair.h).
 *
 * The pair holds the pool's one queue of requests that cannot wait for their own worker.
 *
 * Runs in: worker, and its thread, one at a time.
 * Trusts:  nobody. A connection that comes out of the pair is of an unknown client, and the time since when it waits is
 * a claim. */

#include <stdbool.h>
#include <stdint.h>

typedef struct Handoff {
        int in_fd, out_fd; /* borrowed */
        int spare_fd;      /* its number is free for what is received */
        int failure;       /* why handoff_send() failed last, 0 if it did not */
} Handoff;

/* Begins with both ends of the pair, which are borrowed. */
void handoff_init(Handoff *handoff, int in_fd, int out_fd);
void handoff_done(Handoff *handoff);

/* Hands over fd, which stays the caller's to close. since_usec is the time since which a request waits on it, or 0 if
 * none was seen. Returns 0, -EAGAIN when the pair is full, -ETOOMANYREFS when the user has too many descriptors under
 * way, or another negative errno. */
int handoff_send(Handoff *handoff, int fd, uint64_t since_usec);

/* Takes the connection that has waited longest in the pair; the caller closes it. Returns 0, -EAGAIN when there is
 * none, -EMFILE when this process has no number free for one, -EBADMSG when what lay there was no connection,
 * -ESHUTDOWN when a process has shut the pair down, or another negative errno. */
int handoff_receive(Handoff *handoff, int *ret_fd, uint64_t *ret_since_usec);

/* Returns how many connections lie in the pair. */
unsigned handoff_depth(const Handoff *handoff);

/* Returns the last failure as a text for the log, and forgets it. Returns NULL if nothing has failed, or only because
 * the pair was full for a moment. */
const char *handoff_take_complaint(Handoff *handoff);
