/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpInput: where a large request body is kept for php://input.
 *
 * PHP keeps it in a stream of php://temp: 16 KB in memory, then a temporary file, written and read again in
 * pieces of 8 or 16 KB with a seek between. This gives it a stream of its own, SG(request_info).request_body: a
 * window of 128 KiB on such a file, which there is only when the body is larger. What PHP takes or refuses, says
 * and hands to the script stays as it is.
 *
 * Runs in: worker. */

/* Zygote: after sapi_startup() and php_module_startup(), which sets PHP's own reader. */
void php_input_init(void);

/* sapi_module_struct's. */
int php_input_activate(void);
int php_input_deactivate(void);
