/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpProcess: undoes what a script does to its process. A worker runs the scripts of different visitors one after the
 * other, so an alarm, a signal handler or a blocked signal of one script would meet the next.
 *
 * Runs in: zygote (init), worker. */

#include <stdbool.h>

/* Is to be called after PHP has started: watches the functions of pcntl that change how signals are handled, and
 * proc_open(). */
void php_process_init(void);

/* Returns whether proc_open() runs, whose child executes a program and runs no PHP. */
bool php_process_starts_program(void);

/* Stops the alarms of a request that is over, and puts signal handlers and blocked signals back. Makes no system call
 * when the request has called none of those functions. */
void php_process_end_request(void);
