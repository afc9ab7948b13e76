/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpCycle: what PHP does at the start and the end of a request, for a request that a script which stays is called for.
 *
 * php_request_startup() and php_request_shutdown() make everything anew, the compiler's tables too; these do of the two
 * what belongs to one request, in the same order. A bailout inside passes through to the caller of the script: behind
 * it no PHP may run before php_request_shutdown().
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "php/engine/php_request.h"

/* Once, in the script's first call: from now on shutdown functions are a request's own. */
void php_cycle_begin(void);

/* Makes superglobals, headers, output buffers, timers and settings those of the request. */
void php_cycle_activate(PhpRequest *request);

/* Ends the answer: shutdown functions, output buffers, session, headers. Returns the result of php_request_finish().
 * What the script does from now on no client sees. Does nothing where that was done. Whether the script has called
 * exit() in between, ret_exited says. */
int php_cycle_complete(PhpRequest *request, bool *ret_exited);

/* Before the script waits for the next request: the request's output, streams, timer and body are let go. Superglobals
 * stay as they are. */
void php_cycle_settle(PhpRequest *request);

/* When the script leaves: its own shutdown functions are back, in front of those of a request that runs. Those that
 * were registered until now are the script's own, if keep is called. */
void php_cycle_keep_shutdown_functions(void);
void php_cycle_end(void);

/* Handles what the script has thrown and not caught, as PHP does at the end of a script. Returns whether it was
 * exit(). */
bool php_cycle_report_exception(void);
