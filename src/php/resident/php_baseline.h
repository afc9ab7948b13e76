/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaseline: what a script that stays has made of its process before the first client's request, and what each
 * request is given back: php.ini settings, environment, locale, directory, umask, resource limits, handlers, stream
 * wrappers and filters, and what a few functions set that are watched (php_watched.h). Not given back, because they are
 * the application's own: global and static variables, classes, constants, objects.
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "config/pool_config.h"

/* Zygote: once PHP has started. Borrows config. */
void php_baseline_init(const PoolConfig *config);

/* $_ENV stays as the script has made it until now. */
void php_baseline_seal_env(void);

/* The state of now is what each request begins with. */
void php_baseline_seal(void);
bool php_baseline_is_sealed(void);

/* Whether a request has done to the process what cannot be undone: the worker may serve no further one. */
bool php_baseline_is_spent(void);

/* In a worker that was forked behind that: the limits of a process are its own. */
void php_baseline_enter_worker(void);

/* Between two requests: gives back what the last one has changed. */
void php_baseline_restore(void);

/* While a request is made: $_ENV; and which settings are from the web server, which are given back in any case. */
void php_baseline_restore_env(void);
void php_baseline_note_request_ini(void);

/* When the script has ended: PHP shall find again what it has to undo. */
void php_baseline_unseal(void);
