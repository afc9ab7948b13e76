/* SPDX-License-Identifier: MIT */
#pragma once
/* HandoffMessage: what one worker sends along with a connection that it hands over to another, see
 * php/worker/keepalive/handoff.h.
 * The manager needs its size, because SIOCINQ counts bytes. A message in the pair may be from the version before.
 *
 * Runs in: manager and workers.     Trusts: nobody. Another size, or a time that has not come, is refused. */

#include <stdint.h>

typedef struct HandoffMessage {
        uint64_t since_usec; /* CLOCK_MONOTONIC: since when a request waits on it, 0: not known */
} HandoffMessage;

_Static_assert(sizeof(HandoffMessage) == 8, "the layout of HandoffMessage is a contract");

/* Returns how many connections wait in the pair, of which handoff_in_fd is one end; 0 also where there is no pair. */
unsigned handoff_message_depth(int handoff_in_fd);
