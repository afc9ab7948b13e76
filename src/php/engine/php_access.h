/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpAccess: gives what PHP knows of a request to its line in the access log, if there is one.
 *
 * Runs in: worker. */

#include <SAPI.h>

#include "php/engine/php_request.h"

/* Are to be called in this order: when the request info is set; when the headers go out, with the final status; when
 * the answer ends. */
void php_access_begin(PhpRequest *request);
void php_access_headers(PhpRequest *request, const sapi_headers_struct *headers);
void php_access_end(PhpRequest *request);
