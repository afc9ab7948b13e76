/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerWarmup: a request of our own to the application of worker_script, on a connection whose other end takes no
 * answer.
 *
 * Runs in: zygote and worker. */

#include "config/pool_config.h"

/* Makes the connection, with the whole request on it. Returns the fd of the end to be served, which the caller closes,
 * or a negative errno. */
int worker_warmup_connect(const PoolConfig *config);
