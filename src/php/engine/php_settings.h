/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSettings: php_value, php_flag, php_admin_value and php_admin_flag of the pool file.
 *
 * PHP gets them as if they stood at the end of php.ini, before extensions start: so settings that an extension reads at
 * its start (opcache.memory_consumption, extension=) are per pool too, which is impossible in php-fpm, where one PHP
 * serves all pools. Afterwards scripts cannot change the admin ones.
 *
 * Runs in: zygote. */

#include <stdbool.h>

#include "config/pool_config.h"

/* As closed to scripts as ZEND_INI_SYSTEM, but not the same: opcache writes the value of an entry that is
 * exactly that into the code that it compiles, and all requests share the code (php-src issue 8699). */
#define PHP_SETTINGS_CLOSED (ZEND_INI_SYSTEM | 1 << 3)

/* Returns the text for sapi_module.ini_entries, which the caller frees, or NULL when memory is short. */
char *php_settings_ini_text(const SettingList *settings);

/* Is to be called while PHP starts: keeps a pool that disables functions from reading the file_cache of a pool that
 * has them, and the reverse. Compiled code has results of functions in it, and since PHP 8.4 counts them. */
void php_settings_mark_file_cache(const SettingList *settings);

/* Is to be called while PHP starts, before opcache preloads: disables functions and classes. */
void php_settings_disable(const SettingList *settings);

/* Closes admin values to scripts and warns about unknown names, after PHP's start. */
void php_settings_apply(const SettingList *settings);

/* Keeps opcache, after that, from compiling values of php.ini into code, because a request may bring other values; it
 * cannot for settings that the pool file has set as admin. */
void php_settings_keep_out_of_code(const SettingList *settings);

/* Returns whether the pool file sets key as admin. */
bool php_settings_is_admin(const SettingList *settings, const char *key);
