/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpDisabled: functions that are disabled for one request.
 *
 * zend_disable_functions() takes them away for good, and takes from opcache's code the function under its
 * feet. Here they stay, and throw when they are called.
 *
 * Runs in: worker. */

/* A list of names as in disable_functions. */
void php_disabled_add(const char *list);

/* They are what they were. */
void php_disabled_end(void);
