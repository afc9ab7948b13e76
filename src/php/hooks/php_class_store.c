/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_class_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "php/hooks/php_code.h"

enum {
        CLASSES_MAX = 8192,
        MEMBERS_MAX = 64,      /* classes of a file */
        DEPENDENCIES_MAX = 64, /* of all of them */
};

typedef struct Named {
        zend_string *key;
        zend_class_entry *class;
} Named;

struct StoredClass {
        ClassRules rules;
        zend_string *file;
        zend_class_entry *class;
        unsigned names; /* of PHP, see php_code.h */
        unsigned n_members, n_dependencies;
        Named *items; /* the members, then the dependencies */
};

static HashTable *store;
static uint64_t store_state;

static void free_stored(zval *value) {
        StoredClass *stored = Z_PTR_P(value);

        free(stored->items);
        free(stored);
}

void php_class_store_keep(uint64_t state) {
        if (store && store_state == state)
                return;

        store_state = state;
        if (store) {
                zend_hash_clean(store);
                return;
        }

        store = pemalloc(sizeof(*store), true);
        zend_hash_init(store, 512, NULL, free_stored, true);
}

/* --- learning --- */

static bool is_in_opcache(const zend_string *key, const zend_class_entry *class) {
        return class->type == ZEND_USER_CLASS && class->ce_flags & ZEND_ACC_IMMUTABLE &&
               !is_zend_ptr(class) && ZSTR_IS_INTERNED(key) && !is_zend_ptr(key);
}

typedef struct Collection {
        Named items[MEMBERS_MAX + DEPENDENCIES_MAX];
        unsigned n_members, n_dependencies, names;
} Collection;

/* One without a name, or within a condition, is linked while the code runs: it is still as it was compiled. */
static int collect_members(Collection *found, zend_string *file, uint32_t n_before) {
        for (uint32_t i = n_before; i < EG(class_table)->nNumUsed; i++) {
                Bucket *bucket = &EG(class_table)->arData[i];
                zend_class_entry *class;

                if (Z_TYPE(bucket->val) == IS_UNDEF)
                        continue;

                class = Z_CE(bucket->val);
                if (class->type != ZEND_USER_CLASS ||
                                !zend_string_equals(class->info.user.filename, file))
                        continue;
                if (found->n_members == MEMBERS_MAX || !is_in_opcache(bucket->key, class) ||
                                (!(class->ce_flags & (ZEND_ACC_LINKED | ZEND_ACC_ANON_CLASS)) &&
                                                *ZSTR_VAL(bucket->key)))
                        return -1;

                found->items[found->n_members++] = (Named){ bucket->key, class };
                found->names |= php_code_names_of_class(class);
        }

        return found->n_members > 0 ? 0 : -1;
}

static bool is_member(const Collection *found, const zend_class_entry *class) {
        for (unsigned i = 0; i < found->n_members; i++)
                if (found->items[i].class == class)
                        return true;

        return false;
}

/* PHP's own classes are always there. */
static int add_dependency(Collection *found, zend_string *lc_name, zend_class_entry *expected) {
        zval *value = zend_hash_find(EG(class_table), lc_name);
        zend_class_entry *class = value ? Z_CE_P(value) : NULL;
        zend_string *key;

        if (!class || (expected && class != expected))
                return -1;
        if (class->type != ZEND_USER_CLASS || is_member(found, class))
                return 0;

        /* A value is the first field of its bucket. */
        key = ((Bucket *) value)->key;
        if (found->n_dependencies == DEPENDENCIES_MAX || !is_in_opcache(key, class))
                return -1;

        found->items[found->n_members + found->n_dependencies++] = (Named){ key, class };
        return 0;
}

static int add_linked(Collection *found, zend_class_entry *class) {
        zend_string *lc_name;
        int r;

        if (class->type != ZEND_USER_CLASS)
                return 0;

        lc_name = zend_string_tolower(class->name);
        r = add_dependency(found, lc_name, class);
        zend_string_release(lc_name);
        return r;
}

/* One that comes with another one needs not be looked at. */
static bool comes_with_another(const zend_class_entry *class, const zend_class_entry *interface) {
        if (class->parent && instanceof_function(class->parent, interface))
                return true;

        for (uint32_t i = 0; i < class->num_interfaces; i++)
                if (class->interfaces[i] != interface &&
                                instanceof_function(class->interfaces[i], interface))
                        return true;

        return false;
}

static int collect_dependencies(Collection *found, const zend_class_entry *class) {
        int r = class->parent ? add_linked(found, class->parent) : 0;

        for (uint32_t i = 0; r >= 0 && i < class->num_traits; i++)
                r = add_dependency(found, class->trait_names[i].lc_name, NULL);
        for (uint32_t i = 0; r >= 0 && i < class->num_interfaces; i++)
                if (!comes_with_another(class, class->interfaces[i]))
                        r = add_linked(found, class->interfaces[i]);

        return r;
}

static int collect(Collection *found, zend_string *file, uint32_t n_before) {
        int r;

        found->n_members = found->n_dependencies = found->names = 0;
        r = collect_members(found, file, n_before);
        for (unsigned i = 0; r >= 0 && i < found->n_members; i++)
                if (found->items[i].class->ce_flags & ZEND_ACC_LINKED)
                        r = collect_dependencies(found, found->items[i].class);

        return r;
}

static StoredClass *new_stored(zend_string *lc_name, const Collection *found) {
        unsigned n = found->n_members + found->n_dependencies;
        StoredClass *stored = calloc(1, sizeof(*stored));
        zend_string *name;

        if (!stored)
                return NULL;

        stored->items = malloc(n * sizeof(*stored->items));
        if (!stored->items) {
                free(stored);
                return NULL;
        }

        memcpy(stored->items, found->items, n * sizeof(*stored->items));
        stored->n_members = found->n_members;
        stored->n_dependencies = found->n_dependencies;
        stored->names = found->names;

        /* A copy: opcache's strings are gone when it starts afresh, before this one is freed. */
        name = zend_string_init(ZSTR_VAL(lc_name), ZSTR_LEN(lc_name), true);
        (void) zend_hash_update_ptr(store, name, stored);
        zend_string_release(name);
        return stored;
}

void php_class_store_learn(zend_string *lc_name, const zend_class_entry *class, zend_string *file,
                uint32_t n_before, const ClassRules *rules) {
        StoredClass *stored = zend_hash_find_ptr(store, lc_name);
        Collection found;

        /* In opcache's memory a class stays what it is. */
        if (stored && stored->class == class && zend_string_equals(stored->file, file)) {
                stored->rules = *rules;
                return;
        }

        if (zend_hash_num_elements(store) >= CLASSES_MAX || !ZSTR_IS_INTERNED(file) ||
                        is_zend_ptr(file) || collect(&found, file, n_before) < 0 ||
                        !is_member(&found, class))
                return;

        stored = new_stored(lc_name, &found);
        if (!stored)
                return;

        stored->rules = *rules;
        stored->file = file;
        stored->class = (zend_class_entry *) class;
}

/* --- use --- */

StoredClass *php_class_store_find(zend_string *lc_name) {
        return zend_hash_find_ptr(store, lc_name);
}

const ClassRules *php_class_store_rules(const StoredClass *stored) {
        return &stored->rules;
}

static bool is_there(const Named *dependency) {
        zend_class_entry *class = zend_hash_find_ptr(EG(class_table), dependency->key);

        if (!class)
                class = zend_lookup_class_ex(dependency->class->name, dependency->key, 0);

        return class == dependency->class;
}

static void declare_member(const Named *member) {
        zend_class_entry *class = member->class;

        (void) zend_hash_add_new_ptr(EG(class_table), member->key, class);
        if (class->ce_flags & ZEND_ACC_LINKED && *ZSTR_VAL(member->key) &&
                        ZSTR_HAS_CE_CACHE(class->name))
                ZSTR_SET_CE_CACHE_EX(class->name, class, 0);
}

static bool has_one(const StoredClass *stored) {
        for (unsigned i = 0; i < stored->n_members; i++)
                if (zend_hash_exists(EG(class_table), stored->items[i].key))
                        return true;

        return zend_hash_exists(&EG(included_files), stored->file);
}

zend_class_entry *php_class_store_declare(StoredClass *stored) {
        for (unsigned i = 0; i < stored->n_dependencies; i++)
                if (!is_there(&stored->items[stored->n_members + i]) || EG(exception))
                        return NULL;

        /* The dependencies may have loaded anything. */
        if (has_one(stored))
                return NULL;

        php_code_fill_names(stored->names);
        for (unsigned i = 0; i < stored->n_members; i++)
                declare_member(&stored->items[i]);
        (void) zend_hash_add_empty_element(&EG(included_files), stored->file);
        return stored->class;
}
