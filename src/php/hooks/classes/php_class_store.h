/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpClassStore: classes that requests have loaded, by the names under which they were asked for, as these were
 * spelled: an autoload function may know one spelling and not another. All of them are in opcache's memory, so that
 * only pointers are kept.
 *
 * Runs in: worker. */

#include <php.h>
#include <stdint.h>

typedef struct StoredClass StoredClass;

/* What must still hold when the class is used. */
typedef struct ClassRules {
        int64_t until_sec; /* of time() */
        uint64_t open_basedir;
        unsigned loader; /* index of the autoload function, see php_loaders.h */
        uint64_t loaders_sum;
} ClassRules;

/* Is to be called with php_opcache_state() before the store is used in a request: forgets all when it has changed. */
void php_class_store_keep(uint64_t state);

/* Stores class, which was just loaded for name, with all others of the file: they are in PHP's table from the
 * position n_before on. Does nothing if one of them is not in opcache's memory, or not linked, or it was not seen what
 * PHP asked for to link it (php_class_links.h). */
void php_class_store_learn(zend_string *name, const zend_class_entry *class, zend_string *file,
                uint32_t n_before, const ClassRules *rules);

/* Returns what is stored under that name, or NULL; it stays the store's. */
StoredClass *php_class_store_find(zend_string *name);
const ClassRules *php_class_store_rules(const StoredClass *stored);

/* Declares the classes of the file, and what they are linked with. Returns the class, or NULL when this request has
 * something else under one of the names, or has included the file: then none of the file is declared. */
zend_class_entry *php_class_store_declare(StoredClass *stored);
