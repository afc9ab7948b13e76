/* SPDX-License-Identifier: MIT */
#pragma once
/* Client: one question to the manager of a pool.
 *
 * Runs in: fpmctl. */

#include <stdint.h>

#include "shared/control.h"

/* Asks and waits for the reply, at most timeout_usec. ret is allocated; the caller frees it. 0,
 * -ECONNREFUSED or -ENOENT: no manager runs, -ETIMEDOUT, -EBADMSG or another negative errno; what
 * the manager answered is in ret->result. */
int client_ask(ControlReply **ret, const char *pool, ControlVerb verb, uint64_t timeout_usec);
