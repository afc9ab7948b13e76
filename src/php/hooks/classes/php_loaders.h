/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpLoaders: the autoload functions that a request has registered, and what their answers depend on.
 *
 * Known are functions whose code shows it (php_code_is_plain_loader()), and Composer's ClassLoader with the lists that
 * Composer has generated. Of the others nothing is known: what they answer may be different in each request.
 *
 * Runs in: worker. Zygote: php_loaders_init(). */

#include <php.h>
#include <stdint.h>

/* Is to be called after PHP has started: follows spl_autoload_register() and spl_autoload_unregister(). */
void php_loaders_init(void);

void php_loaders_begin_request(void);

/* Returns which of them it is, counted from the one that is asked first, or -1. */
int php_loaders_find(const zend_function *function, const zend_object *object);

/* Returns the number of those at the begin that are known. */
unsigned php_loaders_known(void);

/* Returns a number for the functions up to the one at index, which is below php_loaders_known(): in another request it
 * is the same if they do the same for the name. 0: one of them has turned out to be unknown, or remembers that it has
 * found nothing by that name. */
uint64_t php_loaders_sum(unsigned index, zend_string *name);
