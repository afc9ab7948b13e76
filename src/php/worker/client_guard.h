/* SPDX-License-Identifier: MIT */
#pragma once
/* ClientGuard: listen.allowed_clients, looked at in the worker: the socket unit's firewall is the first
 * line, and a drop-in, another kernel or FCGI_WEB_SERVER_ADDRS may leave this one alone.
 *
 * Runs in: worker.     Trusts: the kernel's word on who has connected. */

#include <stdbool.h>
#include <stdint.h>

#include "base/rate_limit.h"

typedef struct ClientGuard {
        const char *allowed; /* borrowed; NULL: everybody */
        RateLimit complaints;
} ClientGuard;

/* Whether the peer of a connection may be served. If not there is a line in the journal, not too often. */
bool client_guard_admits(ClientGuard *guard, int fd, uint64_t now_usec);
