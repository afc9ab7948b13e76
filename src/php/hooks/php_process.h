/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpProcess: what a script does to the process that it runs in. A worker runs the scripts of one visitor after the
 * other, so an alarm, a signal handler or a blocked signal of one would meet the next.
 *
 * Runs in: zygote (init), worker. */

#include <stdbool.h>

/* After PHP has started. Watches the functions of pcntl that change how signals are dealt with, and proc_open(). */
void php_process_init(void);

/* Whether proc_open() runs: the child that it forks executes a program and runs no PHP. */
bool php_process_starts_program(void);

/* After a request: stops its alarms and puts signal handlers and blocked signals back. Does nothing, and makes no
 * system call, when the request has called none of those functions. */
void php_process_end_request(void);
