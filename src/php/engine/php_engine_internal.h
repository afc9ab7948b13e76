/* SPDX-License-Identifier: MIT */
#pragma once
/* The steps of a request that php_engine.c and php/resident/, where a request is a part of a script's life, share.
 *
 * Runs in: worker. */

#include "php/engine/php_request.h"

/* Is to be called before PHP starts a request: gives PHP what it wants to know of it. Everything is borrowed but
 * path_translated, which is estrdup()ed. */
void php_engine_set_request_info(PhpRequest *request);

/* Has PHP take the signal handlers that it has installed for its own; the definition says why. */
void php_engine_keep_signal_handlers(void);

/* Is to be called before PHP starts a request: saves PHP the timer for reading input where the request has no body.
 * What ini_get() shows stays the same. */
void php_engine_skip_input_timer(void);

/* Adds the header of fastcgi.error_header to the answer, after a fatal error. */
void php_engine_mark_failure(void);
