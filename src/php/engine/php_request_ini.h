/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpRequestIni: the settings of one request: PHP_VALUE and PHP_ADMIN_VALUE of the web server, sections [HOST=] and
 * [PATH=] of php.ini, and .user.ini.
 *
 * Runs in: worker.
 * Trusts:  the web server about settings, except those that the pool file has set as admin. All of them end with the
 * request: PHP restores what was changed, php_request_ini_end() the rest. */

#include "php/engine/php_request.h"

/* Applies the settings before PHP starts the request, since PHP reads some of them then (post_max_size). */
void php_request_ini_apply(const PhpRequest *request);

/* Answers a request whose settings cannot be applied. Returns whether it has done so. */
bool php_request_ini_refuse(void);

/* Is to be called after PHP has ended the request, in whatever way. */
void php_request_ini_end(void);
