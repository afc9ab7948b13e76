/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpHooks: functions of ours in the place of PHP's own.
 *
 * Runs in: zygote, after PHP has started and before opcache compiles anything that calls them. */

#include <php.h>

/* Puts handler in the place of what PHP calls for the function with that name, and fills in ret_original for it to
 * call. Returns whether there is such a function; without it nothing happens. */
bool php_hooks_replace(const char *name, zif_handler handler, zif_handler *ret_original);
