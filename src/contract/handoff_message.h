/* SPDX-License-Identifier: MIT */
#pragma once
/* HandoffMessage: what goes with a connection, mostly one that the web server keeps, that one worker hands over to
 * another (php/worker/handoff.h). The manager knows its size: SIOCINQ counts bytes, and what lies in the pair may be from
 * the version before.
 *
 * Runs in: manager and workers.     Trusts: nobody: a size that is another one, or a time that has not come. */

#include <stdint.h>

typedef struct HandoffMessage {
        uint64_t since_usec; /* CLOCK_MONOTONIC: a request was seen to wait on it, 0: nobody has looked */
} HandoffMessage;

_Static_assert(sizeof(HandoffMessage) == 8, "the layout of HandoffMessage is a contract");

/* How many connections lie in the pair, by its end handoff_in_fd; 0 also where there is none. */
unsigned handoff_message_depth(int handoff_in_fd);
