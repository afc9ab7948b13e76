/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpStatus: the pages of the pool, ping.path and pm.status_path, and fpm_get_status().
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "php/engine/php_request.h"

struct _zval_struct;

/* In a request that PHP has started. true: it was for one of the pages, and is answered. */
bool php_status_serve(PhpRequest *request);

/* Whether the request is for one of the pages: no script runs for it. */
bool php_status_is_asked(const PhpRequest *request);

/* fpm_get_status(): an array, or false. */
void php_status_array(PhpRequest *request, struct _zval_struct *ret);

/* Writes down who the request is from, once PHP has taken the Authorization: header apart, as php-fpm does;
 * without one it is REMOTE_USER. */
void php_status_note_user(const PhpRequest *request);
