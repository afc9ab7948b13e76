/* SPDX-License-Identifier: MIT */
#pragma once
/* TraceLine: a call of a PHP stack in one line.
 *
 * Runs in: zygote. Pure. */

#include <stddef.h>
#include <stdint.h>

#include "php/trace/php_trace.h"

/* Writes "[0x…] function() file:line", as php-fpm does. If a path does not fit, its end is kept. */
void trace_line_call(char *line, size_t size, const PhpTraceFrame *frame);

/* Writes "at file:line". */
void trace_line_innermost(char *line, size_t size, const char *file, uint32_t number);
