/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpInput: where a large request body is kept for php://input.
 *
 * PHP keeps it in a stream of php://temp: 16 KB in memory, then a temporary file, written and read again in pieces of 8
 * or 16 KB with a seek between. This module sets a stream of its own as SG(request_info).request_body: a window of 128
 * KiB on such a file, which is made only when the body is larger. Which bodies PHP accepts, its messages, and what the
 * script gets stay the same.
 *
 * Runs in: worker. */

/* Zygote: is to be called after sapi_startup() and php_module_startup(), which sets PHP's own reader. */
void php_input_init(void);

/* Are the callbacks activate and deactivate of sapi_module_struct: set the reader of a request's body, and let go of
 * what it has kept. They return SUCCESS. */
int php_input_activate(void);
int php_input_deactivate(void);
