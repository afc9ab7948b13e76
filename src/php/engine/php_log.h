/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpLog: what PHP and scripts log, to the journal with its place in the code and the request that it is of.
 *
 * Runs in: worker. */

#include "php/engine/php_request.h"

/* An error of PHP stays one entry with the stack trace that it may have; of what a script logs each line is one.
 * request may be NULL. Returns the rest of message that could not be sent, "": none. */
const char *php_log_send(PhpRequest *request, int priority, const char *message);
