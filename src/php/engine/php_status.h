/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpStatus: the pages of the pool, ping.path and pm.status_path, and fpm_get_status().
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "php/engine/php_request.h"

struct _zval_struct;

/* Answers a request that PHP has started, if it is for one of the pages. Returns whether it has. */
bool php_status_serve(PhpRequest *request);

/* Returns whether the request is for one of the pages, so that no script runs for it. */
bool php_status_is_asked(const PhpRequest *request);

/* Makes the result of fpm_get_status(): an array, or false. */
void php_status_array(PhpRequest *request, struct _zval_struct *ret);

/* Notes the user of the request, after PHP has parsed the Authorization: header, as php-fpm does; without that header
 * it is REMOTE_USER. */
void php_status_note_user(const PhpRequest *request);
