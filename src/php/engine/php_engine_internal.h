/* SPDX-License-Identifier: MIT */
#pragma once
/* The steps of a request that php_engine.c and php/resident/, where a request is a part of a script's life, share.
 *
 * Runs in: worker. */

#include "php/engine/php_request.h"

/* Before PHP starts a request: what it wants to know of it. Everything is borrowed but path_translated, which is
 * estrdup()ed. */
void php_engine_set_request_info(PhpRequest *request);

/* PHP takes the handlers that it has installed for its own, see the definition. */
void php_engine_keep_signal_handlers(void);

void php_engine_skip_input_timer(void);

/* fastcgi.error_header, behind a fatal error. */
void php_engine_mark_failure(void);
