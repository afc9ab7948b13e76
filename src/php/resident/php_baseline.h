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

/* Zygote: is to be called once PHP has started. config is borrowed for good. */
void php_baseline_init(const PoolConfig *config);

/* Notes $_ENV as the script has made it until now: each request begins with that. */
void php_baseline_seal_env(void);

/* Notes the present state as what each request begins with. */
void php_baseline_seal(void);

/* Returns whether a request has done to the process what cannot be undone, so that the worker may serve no further
 * one. */
bool php_baseline_is_spent(void);

/* Worker: is to be called in a worker that was forked after php_baseline_seal(): notes the limits of this process,
 * which are its own. */
void php_baseline_enter_worker(void);

/* Gives back what the last request has changed. Is to be called between two requests. */
void php_baseline_restore(void);

/* Is to be called while a request is made: gives $_ENV back. */
void php_baseline_restore_env(void);

/* Are to be called before and after the web server's settings for a request are made: these are given back in any case,
 * and what the script had set before stays. */
void php_baseline_begin_request_ini(void);
void php_baseline_note_request_ini(void);

/* Is to be called when the script has ended: leaves PHP what it has to undo itself. */
void php_baseline_unseal(void);
