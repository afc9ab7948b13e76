/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpStartup: has PHP say what is wrong while it starts, in plain text and to the log, whatever php.ini says of
 * errors; a broken extension or preload script would go unheard otherwise.
 *
 * Runs in: zygote, around PHP's start. */

struct _zend_array;

/* Before php.ini is read: what holds where it says nothing, as in php-fpm. */
void php_startup_defaults(struct _zend_array *configuration);

/* Takes text, lines of php.ini, and gives it back with last and ours behind; NULL: no memory. */
char *php_startup_ini_text(char *text, const char *last);

/* After the start: what php.ini and the pool file say of errors holds again. */
void php_startup_restore(void);
