/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpIniCheck: whether the ini files that PHP has read were right. PHP itself only writes a line to stderr about a
 * syntax error, and uses what stands before it; a file that it cannot read it passes over.
 *
 * Runs in: zygote, around PHP's start. */

#include <stdbool.h>
#include <stddef.h>

typedef struct PoolConfig PoolConfig;

/* Are to be called right before and after PHP's start: what it says to stderr meanwhile goes there and is looked at. */
void php_ini_check_begin(void);
void php_ini_check_end(void);

/* After PHP's start: returns whether PHP has read all files that config leads to. If not, reason is filled. */
bool php_ini_check_read(const PoolConfig *config, char *reason, size_t size);

/* Returns what PHP has said about the first file that is wrong, with file and line, or "". */
const char *php_ini_check_complaint(void);
