/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpAutoloadRequest: whether this request may use classes of the requests before, as far as its settings decide.
 *
 * A script can change them at any time, and what it changes counts from then on, as it would for opcache.
 *
 * Runs in: worker. Zygote: php_autoload_request_init(). */

#include "php/hooks/classes/php_class_store.h"

/* Is to be called after PHP has started. */
void php_autoload_request_init(void);

void php_autoload_request_begin(void);

/* Is to be asked behind the first autoload function that is known, which came from opcache's memory. What a script
 * invalidates is not used any more from then on. */
bool php_autoload_request_is_usable(void);

/* These may be asked where it is usable: what a class that is loaded now is good for, but for the autoload functions,
 * and whether one that was loaded before is. */
ClassRules php_autoload_request_rules(void);
bool php_autoload_request_allows(const ClassRules *rules);
