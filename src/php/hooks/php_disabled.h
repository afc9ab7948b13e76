/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpDisabled: functions that are disabled for one request.
 *
 * zend_disable_functions() takes a function away for good, and code that opcache has compiled calls it all the same and
 * crashes (php-fpm's workers do). So, for most functions, the function stays and throws when it is called, until the
 * request ends.
 *
 * That does not reach a call that is no call any more: the JIT writes the address of the function into its code, the
 * compiler computes some functions itself or has an instruction for them, and PHP 8.4 calls some without a frame. Then
 * the request runs without opcache, so that all of its code is compiled for it alone, the functions are taken away for
 * good, and the worker ends behind the request. Preloaded code cannot be compiled anew: with it the request is refused.
 *
 * Runs in: zygote (init), worker. */

#include <stdbool.h>

/* Zygote: is to be called after PHP has started. Returns 0 or a negative errno. */
int php_disabled_init(void);

/* Adds a list of names as in disable_functions, before PHP starts the request. */
void php_disabled_add(const char *list);

/* Returns whether the request may not run because something of the list could not be disabled. */
bool php_disabled_failed(void);

/* Returns whether this worker may serve no further request. */
bool php_disabled_for_good(void);

/* Returns whether the function is there and throws. */
bool php_disabled_has(const char *name);

/* Enables the functions again after the request. */
void php_disabled_end(void);
