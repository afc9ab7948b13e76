/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpEngine: PHP from its start in the zygote to the end of each request in a worker.
 *
 * Runs in: zygote and worker. */

#include "config/pool_config.h"
#include "php/engine/php_request.h"

/* Zygote: starts PHP with the pool's php.ini, values and extensions. config is borrowed for good. With strict, what PHP
 * only warns of (an extension that cannot be loaded, a syntax error in php.ini) is a failure.
 * php_engine_startup_error() returns the reason of a failure. Returns 0 or -ENOEXEC. */
int php_engine_start(const PoolConfig *config, bool strict);

/* Returns the first error or warning while PHP started, or "". */
const char *php_engine_startup_error(void);

/* Zygote: is to be called after the root directory has changed: makes PHP forget what it remembers of paths. */
void php_engine_root_changed(void);

/* Worker: is to be called once, after the fork. */
void php_engine_enter_worker(void);

/* Worker that no request has come to for long: gives back the memory of those before. */
void php_engine_rest(void);

/* Worker: tells PHP in which slot it is, where the status worker is behind all others. *is_worker becomes 0 in children
 * of scripts. */
void php_engine_take_place(unsigned slot, const volatile unsigned char *is_worker);

/* Worker: corrects the params of a new request as php-fpm does, and fills in request->path. Must be called before
 * php_engine_serve(), and before SCRIPT_NAME is read. */
void php_engine_resolve(PhpRequest *request);

/* Worker: returns whether the last request has changed PHP in a way that the next request must not meet. */
bool php_engine_is_spent(void);

/* Child that a script has forked: returns the status that the script has ended with. */
int php_engine_exit_status(void);

/* Worker: returns whether PHP is about to execute a program, for which it may fork. */
bool php_engine_starts_program(void);

/* Worker: runs the script that the request names and ends the answer. Returns 1 when the connection can be kept, 0 when
 * it is to be closed, or -EFAULT when PHP can no longer be trusted and the worker is to leave. */
int php_engine_serve(PhpRequest *request);
