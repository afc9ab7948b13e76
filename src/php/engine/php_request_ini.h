/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpRequestIni: the settings of one request: PHP_VALUE and PHP_ADMIN_VALUE of the web server, sections
 * [HOST=] and [PATH=] of php.ini, and .user.ini.
 *
 * Runs in: worker.
 * Trusts:  the web server about settings, but for what the pool file has set as admin. All of them end
 * with the request: PHP puts back what was changed, php_request_ini_end() the rest. */

#include "php/engine/php_request.h"

/* Before PHP starts the request, for what PHP looks at while it does (post_max_size). */
void php_request_ini_apply(const PhpRequest *request);

/* Answers a request whose settings cannot be met, and returns true; false: they are. */
bool php_request_ini_refuse(void);

/* After PHP has ended it, in whatever way. */
void php_request_ini_end(void);
