/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpHooks: functions of ours that PHP calls while it starts, and in the place of its own.
 *
 * Runs in: zygote. */

#include <php.h>
#include <zend_extensions.h>

/* Two moments of PHP's start. */
typedef struct PhpStartHooks {
        /* What is compiled in has registered its functions, and nothing of it has started. */
        void (*on_registered)(void);

        /* All extensions have started; opcache has preloaded nothing yet. */
        void (*on_started)(void);
} PhpStartHooks;

/* Is to be called before PHP starts: sets both hooks, which are borrowed. */
void php_hooks_watch_start(const PhpStartHooks *hooks);

/* Is to be called before PHP starts: adds an extension of ours, which PHP starts behind those that are compiled in.
 * There can be one. */
void php_hooks_add_module(zend_module_entry *module);

/* Is to be called after PHP has started: calls on_started() where PHP has not, which is late for preloaded code, and
 * says so in the journal. */
void php_hooks_end_start(void);

/* Puts handler in the place of the function with that name, after PHP has started and before a script runs.
 * *ret_original is the former handler, for handler to call. Returns whether there is such a function; without it
 * nothing happens. */
bool php_hooks_replace(const char *name, zif_handler handler, zif_handler *ret_original);

/* Returns opcache where it is on and has a memory that processes share, or NULL. Is to be called when all extensions
 * have started, or later. */
const zend_extension *php_hooks_opcache(void);
