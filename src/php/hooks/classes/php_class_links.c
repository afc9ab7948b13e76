/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_class_links.h"

#include <zend_inheritance.h>

enum {
        LINKS_MAX = 16384,

        /* Classes stand in the place of the names. */
        HAS_NO_NAMES = ZEND_ACC_LINKED | ZEND_ACC_RESOLVED_PARENT | ZEND_ACC_RESOLVED_INTERFACES,
};

/* Classes as they were compiled, by those that they were linked to. */
static HashTable *compiled;
static typeof(zend_inheritance_cache_get) original_get;

static zend_class_entry *watched_get(
                zend_class_entry *class, zend_class_entry *parent, zend_class_entry **others) {
        zend_class_entry *linked = original_get(class, parent, others);

        if (linked && zend_hash_num_elements(compiled) < LINKS_MAX)
                (void) zend_hash_index_update_ptr(compiled, (zend_ulong) (uintptr_t) linked, class);
        return linked;
}

void php_class_links_init(void) {
        if (!zend_inheritance_cache_get)
                return;

        compiled = pemalloc(sizeof(*compiled), true);
        zend_hash_init(compiled, 512, NULL, NULL, true);
        original_get = zend_inheritance_cache_get;
        zend_inheritance_cache_get = watched_get;
}

void php_class_links_forget(void) {
        if (compiled)
                zend_hash_clean(compiled);
}

static const zend_class_entry *compiled_of(const zend_class_entry *class) {
        return compiled ? zend_hash_index_find_ptr(compiled, (zend_ulong) (uintptr_t) class) : NULL;
}

bool php_class_links_has(const zend_class_entry *class) {
        return compiled_of(class);
}

/* --- one class --- */

static const zend_inheritance_cache_entry *entry_of(
                const zend_class_entry *class, const zend_class_entry *linked) {
        const zend_inheritance_cache_entry *entry = class->inheritance_cache;

        while (entry && entry->ce != linked)
                entry = entry->next;

        return entry;
}

typedef struct Visit {
        int (*add)(const ClassLink *link, void *userdata);
        void *userdata;
} Visit;

static int add(const Visit *visit, zend_string *name, zend_class_entry *class) {
        const ClassLink link = { .name = name, .class = class };

        return class ? visit->add(&link, visit->userdata) : -1;
}

static int add_all(const Visit *visit, const zend_class_entry *class,
                const zend_inheritance_cache_entry *entry) {
        zend_class_entry *const *others = entry->traits_and_interfaces;
        int r = class->parent_name ? add(visit, class->parent_name, entry->parent) : 0;

        for (uint32_t i = 0; r >= 0 && i < class->num_traits; i++)
                r = add(visit, class->trait_names[i].name, *others++);
        for (uint32_t i = 0; r >= 0 && i < class->num_interfaces; i++)
                r = add(visit, class->interface_names[i].name, *others++);
        for (uint32_t i = 0; r >= 0 && i < entry->dependencies_count; i++)
                r = add(visit, entry->dependencies[i].name, entry->dependencies[i].ce);

        return r;
}

/* The compiler links a class with those of PHP and of the same file, which are called what they are. */
static int add_compiled(
                const Visit *visit, const zend_class_entry *class, zend_class_entry *other) {
        if (other->type == ZEND_USER_CLASS &&
                        !zend_string_equals(other->info.user.filename, class->info.user.filename))
                return -1;

        return add(visit, other->name, other);
}

static int add_all_compiled(const Visit *visit, const zend_class_entry *class) {
        int r = class->parent ? add_compiled(visit, class, class->parent) : 0;

        if (class->num_traits > 0)
                return -1;

        for (uint32_t i = 0; r >= 0 && i < class->num_interfaces; i++)
                r = add_compiled(visit, class, class->interfaces[i]);

        return r;
}

int php_class_links_each(const zend_class_entry *linked,
                int (*add_link)(const ClassLink *link, void *userdata), void *userdata) {
        const Visit visit = { .add = add_link, .userdata = userdata };
        const zend_class_entry *class = compiled_of(linked);
        const zend_inheritance_cache_entry *entry;

        if (!class)
                return add_all_compiled(&visit, linked);

        entry = entry_of(class, linked);
        if (!entry || entry->num_warnings > 0 || class->ce_flags & HAS_NO_NAMES)
                return -1;

        return add_all(&visit, class, entry);
}
