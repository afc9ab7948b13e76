/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpStartup: makes PHP log all errors while it starts, in plain text, whatever php.ini says about errors; a broken
 * extension or preload script would go unnoticed otherwise.
 *
 * Runs in: zygote, around PHP's start. */

struct _zend_array;

/* Sets, before php.ini is read, the defaults for what it does not set, as in php-fpm. */
void php_startup_defaults(struct _zend_array *configuration);

/* Takes text, lines of php.ini, and returns it with last and our own settings behind, or NULL when memory is short.
 * The caller frees it. */
char *php_startup_ini_text(char *text, const char *last);

/* Puts the settings of php.ini and the pool file about errors back, after the start. */
void php_startup_restore(void);
