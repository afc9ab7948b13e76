/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBody: where the body of a request comes from: STDIN, or the file that REQUEST_BODY_FILE names.
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stddef.h>

#include "php/engine/php_request.h"

/* Reads up to size bytes of the body. Returns how many were read; fewer than size means that there are no more. */
size_t php_body_read(PhpRequest *request, char *buffer, size_t size);

/* Returns whether the rest of the body will not come though the client is there: a script that took half of it for the
 * whole would do half of what was meant. If the body has stalled or ends in something that is not FastCGI, writes a
 * line to the journal and answers, if the answer has not begun, 408 or 400; after an ABORT_REQUEST there is no answer.
 * When the client has left, the script runs with the part that came, as under php-fpm. */
bool php_body_refuse(PhpRequest *request);

/* Closes the body after the request. */
void php_body_done(PhpRequest *request);
