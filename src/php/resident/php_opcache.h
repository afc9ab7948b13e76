/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcache: what a script that stays means to opcache.
 *
 * When opcache's memory is full, or a script calls opcache_reset(), opcache starts afresh as soon as no process is in
 * the middle of a script. A worker that stays in one always is: after opcache.force_restart_timeout opcache would send
 * SIGTERM and SIGKILL to all of them. So that is turned off (php_engine.c), and the manager starts a new generation.
 *
 * Runs in: worker. */

#include <stdbool.h>

/* Zygote: is to be called once PHP has started. in_need() is called from then on, in whichever process it is, when
 * opcache begins to wait, where PHP can tell that (8.4 and newer). php_opcache_tells() returns whether it can;
 * elsewhere php_opcache_waits() is to be asked now and then. */
void php_opcache_watch(void (*in_need)(void));
bool php_opcache_tells(void);

/* Returns whether opcache waits for all processes to leave their scripts. */
bool php_opcache_waits(void);
