/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSettings: php_value, php_flag, php_admin_value and php_admin_flag of the pool file.
 *
 * They are given to PHP as if they stood at the end of php.ini, before extensions start: so what an
 * extension reads at its start (opcache.memory_consumption, extension=) is per pool too, which
 * php-fpm, where one PHP serves all pools, cannot do. Afterwards the admin ones are closed to
 * scripts.
 *
 * Runs in: zygote. */

#include "shared/pool_config.h"

/* The text for sapi_module.ini_entries; the caller frees. NULL: no memory. */
char *php_settings_ini_text(const SettingList *settings);

/* After PHP's start: closes admin values, disables functions and classes, warns about unknown
 * names. */
void php_settings_apply(const SettingList *settings);
