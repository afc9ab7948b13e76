/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpLog: what PHP and scripts log, to the journal with its place in the code and the request that it is of; and what
 * scripts write to the standard streams.
 *
 * Runs in: worker; begins in the zygote.
 * What a library or a program that a script starts writes to the standard streams is not noticed. journald keeps
 * different processes apart by itself. */

#include "php/engine/php_request.h"

/* An error of PHP stays one entry with the stack trace that it may have; of what a script logs each line is one.
 * request may be NULL. Returns the rest of message that could not be sent, "": none. */
const char *php_log_send(PhpRequest *request, int priority, const char *message);

/* Once PHP has started: takes note of each script that opens php://stderr or php://stdout, and limits how long its
 * writes wait for journald. */
void php_log_init(void);

/* The script and its destructors are done: what it has written to streams that it opened, without a new line, is not put
 * together with what the next one writes. Without such a stream no system call. */
void php_log_end_request(PhpRequest *request);
