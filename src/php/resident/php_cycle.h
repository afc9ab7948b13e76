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

/* Is to be called once, in the script's first call: from now on shutdown functions belong to the request that
 * registers them. */
void php_cycle_begin(void);

/* Makes superglobals, headers, output buffers, timers and settings those of the request. */
void php_cycle_activate(PhpRequest *request);

/* Ends the answer: shutdown functions, output buffers, session, headers. No client sees what the script does from now
 * on. Does nothing where that was done. *ret_exited is whether the script has called exit() meanwhile. Returns what
 * php_request_finish() returns. */
int php_cycle_complete(PhpRequest *request, bool *ret_exited);

/* Is to be called before the script waits for the next request: lets go of the request's output, streams, timer and
 * body. Superglobals stay as they are. */
void php_cycle_settle(PhpRequest *request);

/* Makes the shutdown functions that were registered until now the script's own. */
void php_cycle_keep_shutdown_functions(void);

/* Is to be called when the script leaves: its own shutdown functions are back, in front of those of a request that
 * runs. */
void php_cycle_end(void);

/* Handles what the script has thrown and not caught, as PHP does at the end of a script. Returns whether it was
 * exit(). */
bool php_cycle_report_exception(void);
