/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpEngine: PHP from its start in the zygote to the end of each request in a worker.
 *
 * Runs in: zygote and worker. */

#include "config/pool_config.h"
#include "php/engine/php_request.h"

/* Zygote: starts PHP with the pool's php.ini, values and extensions. config is borrowed for good.
 * strict: what PHP only warns of (an extension that cannot be loaded, a syntax error in php.ini) is
 * a failure. Why it failed is in php_engine_startup_error(). 0 or -ENOEXEC. */
int php_engine_start(const PoolConfig *config, bool strict);

/* The first thing that was wrong while PHP started, or "". */
const char *php_engine_startup_error(void);

/* Zygote: after the root directory has changed, what PHP remembers of paths is wrong. */
void php_engine_root_changed(void);

/* Worker: once, after the fork. */
void php_engine_enter_worker(void);

/* Worker: puts the params of the request that has come right, and fills in request->path. Needs to be
 * called before php_engine_serve(), and before anybody looks at SCRIPT_NAME. */
void php_engine_resolve(PhpRequest *request);

/* Worker: whether the last request has changed PHP in a way that the next one must not meet. */
bool php_engine_is_spent(void);

/* In a child that a script has forked: the status that the script has ended with. */
int php_engine_exit_status(void);

/* Worker: whether PHP is about to execute a program, for which it may fork. */
bool php_engine_starts_program(void);

/* Worker: runs the script that the request names and ends the answer. 1: the connection can be
 * kept, 0: close it; -EFAULT: PHP is no longer to be trusted, leave. */
int php_engine_serve(PhpRequest *request);
