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

/* Is to be called when the module starts, before any script is compiled. */
void php_exit_watch(void);

/* Is to be called once PHP has started, where exit() is a function. */
void php_exit_init(void);

/* Is to be called when a request begins, which is handled inside of this call of the script's. */
void php_exit_begin(const struct _zend_execute_data *call);

/* Is to be called when an exit has come out of the request. */
void php_exit_note_taken(void);

/* Returns whether no exit() since the request began has passed over a block. */
bool php_exit_is_clean(void);
