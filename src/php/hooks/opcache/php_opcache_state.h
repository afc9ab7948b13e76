/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcacheState: what opcache says about itself.
 *
 * Runs in: zygote and worker. */

#include <php.h>
#include <stdint.h>

/* While PHP starts, before functions are disabled: the pool may disable what is needed to ask opcache. */
void php_opcache_state_init(void);

bool php_opcache_is_there(void);

/* Within a request: calls opcache_get_status(), whatever opcache.restrict_api says. *ret is an array, or not where
 * there is no opcache; the caller destroys it. */
void php_opcache_ask(zval *ret, bool with_scripts);

/* Within a request: returns whether opcache has the script at this path in its memory. */
bool php_opcache_has(const char *script);

/* Zygote, once PHP has started: makes php_opcache_state() work. Returns 0 or a negative errno. */
int php_opcache_state_watch(void);

/* Worker: returns a number that is the same in two requests if what opcache had in its memory in the first is still
 * there in the second: opcache did not start afresh, and no script has called opcache_invalidate(). 0: this request may
 * not use that memory. To be asked only after code of opcache's memory was loaded in this request: from then on opcache
 * waits for its end. */
uint64_t php_opcache_state(void);

void php_opcache_state_begin_request(void);
