/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBody: where the body of a request comes from: STDIN, or the file that REQUEST_BODY_FILE names.
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stddef.h>

#include "php/engine/php_request.h"

/* Up to size bytes; fewer: that is all there is. */
size_t php_body_read(PhpRequest *request, char *buffer, size_t size);

/* Whether the rest of the body will not come though the client is there: a script that took half of it for the whole
 * would do half of what was meant. If it has stalled or ends in what is no FastCGI, the journal has a line, and the
 * answer, where it can still be one, is 408 or 400; after an ABORT_REQUEST nobody wants one. Of a client that has left
 * the script runs, with what came, as under php-fpm. */
bool php_body_refuse(PhpRequest *request);

/* After the request. */
void php_body_done(PhpRequest *request);
