/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpIdle: the function of the script's that is called each time no request has come for worker_idle_tick.
 *
 * Runs in: worker. */

#include <php.h>

/* Sets the function in the place of the one before; NULL: none is called. Keeps a reference to callback. */
void php_idle_set(const zval *callback);
bool php_idle_is_set(void);

/* Calls the function, for as long as max_execution_time allows. What it prints is logged, and an exception is
 * reported. Returns whether it has called exit(). A bailout passes through. */
bool php_idle_call(void);
