/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpExit: whether a script that has called exit() in a request may go on with the next one.
 *
 * exit() leaves all functions on its way out, and their objects are destroyed, as for an exception that nobody
 * catches; but it passes over finally blocks, and over each catch block that would have caught an exception. A script
 * may undo there what it has begun: take a request off a list, end a transaction. Where exit() has passed over none,
 * it leaves no more behind than an exception does.
 *
 * Runs in: zygote (registration), worker. */

#include <stdbool.h>

struct _zend_execute_data;

/* When the module starts, before any script is compiled. */
void php_exit_watch(void);

/* Once PHP has started, where exit() is a function. */
void php_exit_init(void);

/* A request begins, which is handled inside of this call of the script's. */
void php_exit_begin(const struct _zend_execute_data *call);

/* The exit has come out of the request. */
void php_exit_note_taken(void);

/* Whether nothing was passed over by all of them since the request began. */
bool php_exit_is_clean(void);
