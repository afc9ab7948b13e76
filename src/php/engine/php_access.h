/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpAccess: what PHP knows of a request, for its line in the access log. Nothing where there is none.
 *
 * Runs in: worker. */

#include <SAPI.h>

#include "php/engine/php_request.h"

/* In the order of a request: its info is set; headers go out, after which status and they are final; the
 * answer ends. */
void php_access_begin(PhpRequest *request);
void php_access_headers(PhpRequest *request, const sapi_headers_struct *headers);
void php_access_end(PhpRequest *request);
