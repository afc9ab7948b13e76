/* SPDX-License-Identifier: MIT */
#pragma once
/* ClientGuard: checks listen.allowed_clients in the worker. The socket unit's firewall comes first, but because of a
 * drop-in, another kernel or FCGI_WEB_SERVER_ADDRS this check may be the only one.
 *
 * Runs in: worker.     Trusts: the kernel about the address of a peer. */

#include <stdbool.h>
#include <stdint.h>

#include "base/rate_limit.h"

typedef struct ClientGuard {
        const char *allowed; /* borrowed; NULL: everybody */
        RateLimit complaints;
} ClientGuard;

/* Returns whether the peer of a connection may be served. If not, writes a line to the journal, but not too often. */
bool client_guard_admits(ClientGuard *guard, int fd, uint64_t now_usec);
