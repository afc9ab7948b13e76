/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpIniCheck: whether the ini files that PHP has read were right. PHP itself only writes a line to stderr about a
 * syntax error, and uses what stands before it.
 *
 * Runs in: zygote, after PHP's start. */

#include <stdbool.h>
#include <stddef.h>

/* Reads php.ini and the scanned files once more. Returns whether they are right; if not, reason has file and line. */
bool php_ini_check(char *reason, size_t size);
