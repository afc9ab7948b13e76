/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpClassLinks: what PHP asked for to link a class that is in opcache's memory.
 *
 * A linked class shows what it was linked with, not under which names: the parent may have been an alias, which each
 * request is to declare again. The class as it was compiled has them, and opcache has the classes that PHP looked at to
 * compare types of methods. Which of the two belong together is seen when opcache hands a linked class out.
 *
 * Runs in: worker. Zygote: php_class_links_init(). */

#include <php.h>

/* Is to be called after PHP has started. */
void php_class_links_init(void);

/* Is to be called when opcache has started afresh: what was seen is gone. */
void php_class_links_forget(void);

/* Returns whether opcache has handed the class out as one that was linked while code ran. */
bool php_class_links_has(const zend_class_entry *class);

/* One class that is asked for, and what it was. */
typedef struct ClassLink {
        zend_string *name; /* as it is written there */
        zend_class_entry *class;
} ClassLink;

/* Calls add for each, in PHP's order, until it returns a negative value, which is returned then. Returns 0, or a
 * negative value when it is not known what was asked for, or when each request is to be warned of the class. */
int php_class_links_each(const zend_class_entry *class,
                int (*add)(const ClassLink *link, void *userdata), void *userdata);
