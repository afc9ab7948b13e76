/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpLog: writes what PHP and scripts log to the journal, with its place in the code and its request; and keeps apart
 * what scripts write to the standard streams.
 *
 * Runs in: worker; begins in the zygote. It does not see what a library or a program that a script starts writes to the
 * standard streams; journald keeps different processes apart by itself. */

#include "php/engine/php_request.h"

/* Sends a message. An error of PHP stays one entry with the stack trace that it may have; each line that a script logs
 * is an entry. request may be NULL. Returns the rest of message that could not be sent, "" if there is none. */
const char *php_log_send(PhpRequest *request, int priority, const char *message);

/* Is to be called once, after PHP has started: from now on notes each script that opens php://stderr or php://stdout,
 * and limits how long its writes wait for journald. */
void php_log_init(void);

/* Is to be called when the script and its destructors are done: ends a line that the script has left unfinished in such
 * a stream, so that the next script's output does not continue it. Makes no system call if the script has opened
 * none. */
void php_log_end_request(PhpRequest *request);
