/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBody: where the body of a request comes from: STDIN, or the file that REQUEST_BODY_FILE names.
 *
 * Runs in: worker. */

#include <stddef.h>

#include "pool/php_request.h"

/* Up to size bytes; fewer: that is all there is. */
size_t php_body_read(PhpRequest *request, char *buffer, size_t size);

/* After the request. */
void php_body_done(PhpRequest *request);
