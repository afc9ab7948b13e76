/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_class_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "php/hooks/classes/php_class_links.h"
#include "php/hooks/classes/php_code.h"

enum {
        CLASSES_MAX = 8192,
        MEMBERS_MAX = 64,      /* classes of a file */
        DEPENDENCIES_MAX = 64, /* of all of them */
};

typedef struct Named {
        zend_string *key, *name;
        zend_class_entry *class;
} Named;

struct StoredClass {
        ClassRules rules;
        zend_string *file;
        zend_class_entry *class;
        unsigned names; /* of PHP, see php_code.h */
        unsigned n_members, n_dependencies;
        Named *items; /* the members, then the dependencies, whose keys are copies */
};

static HashTable *store;
static uint64_t store_state;

static void free_stored(zval *value) {
        StoredClass *stored = Z_PTR_P(value);

        for (unsigned i = 0; i < stored->n_dependencies; i++)
                zend_string_release(stored->items[stored->n_members + i].key);
        free(stored->items);
        free(stored);
}

void php_class_store_keep(uint64_t state) {
        if (store && store_state == state)
                return;

        store_state = state;
        if (store) {
                zend_hash_clean(store);
                php_class_links_forget();
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

/* One without a name, or within a condition, is linked while the code runs. */
static bool is_linked_later(const Named *member) {
        return !*ZSTR_VAL(member->key) || member->class->ce_flags & ZEND_ACC_ANON_CLASS;
}

/* It must be as it was compiled. */
static bool is_as_declared(const Named *member) {
        return is_in_opcache(member->key, member->class) &&
               (is_linked_later(member) ? !php_class_links_has(member->class)
                                        : (member->class->ce_flags & ZEND_ACC_LINKED) != 0);
}

static int collect_members(Collection *found, zend_string *file, uint32_t n_before) {
        for (uint32_t i = n_before; i < EG(class_table)->nNumUsed; i++) {
                const Bucket *bucket = &EG(class_table)->arData[i];
                Named member = { .key = bucket->key };

                if (Z_TYPE(bucket->val) == IS_UNDEF)
                        continue;

                member.class = Z_CE(bucket->val);
                member.name = member.class->name;
                if (member.class->type != ZEND_USER_CLASS ||
                                !zend_string_equals(member.class->info.user.filename, file))
                        continue;
                if (found->n_members == MEMBERS_MAX || !is_as_declared(&member))
                        return -1;

                found->items[found->n_members++] = member;
                found->names |= php_code_names_of_class(member.class);
        }

        return found->n_members > 0 ? 0 : -1;
}

static bool is_member(const Collection *found, const zend_class_entry *class) {
        for (unsigned i = 0; i < found->n_members; i++)
                if (found->items[i].class == class)
                        return true;

        return false;
}

/* By its own name what is PHP's is always there, and what is of the file comes with it. */
static bool comes_anyway(const Collection *found, const ClassLink *link) {
        return zend_string_equals_ci(link->name, link->class->name) &&
               (link->class->type != ZEND_USER_CLASS || is_member(found, link->class));
}

static int add_dependency(const ClassLink *link, void *userdata) {
        Collection *found = userdata;

        if (comes_anyway(found, link))
                return 0;
        if (found->n_dependencies == DEPENDENCIES_MAX || !is_in_opcache(link->name, link->class))
                return -1;

        found->items[found->n_members + found->n_dependencies++] =
                        (Named){ .name = link->name, .class = link->class };
        return 0;
}

static int collect(Collection *found, zend_string *file, uint32_t n_before) {
        int r;

        found->n_members = found->n_dependencies = found->names = 0;
        r = collect_members(found, file, n_before);
        for (unsigned i = 0; r >= 0 && i < found->n_members; i++)
                if (!is_linked_later(&found->items[i]))
                        r = php_class_links_each(found->items[i].class, add_dependency, found);

        return r;
}

/* A copy: opcache's strings are gone when it starts afresh, before this one is freed. */
static zend_string *copy_of(const zend_string *name) {
        return zend_string_init(ZSTR_VAL(name), ZSTR_LEN(name), true);
}

static zend_string *key_of(const zend_string *name) {
        zend_string *key = copy_of(name);

        zend_str_tolower(ZSTR_VAL(key), ZSTR_LEN(key));
        return key;
}

static StoredClass *new_stored(zend_string *asked, const Collection *found) {
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

        for (unsigned i = found->n_members; i < n; i++)
                stored->items[i].key = key_of(stored->items[i].name);

        name = copy_of(asked);
        (void) zend_hash_update_ptr(store, name, stored);
        zend_string_release(name);
        return stored;
}

void php_class_store_learn(zend_string *name, const zend_class_entry *class, zend_string *file,
                uint32_t n_before, const ClassRules *rules) {
        StoredClass *stored = zend_hash_find_ptr(store, name);
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

        stored = new_stored(name, &found);
        if (!stored)
                return;

        stored->rules = *rules;
        stored->file = file;
        stored->class = (zend_class_entry *) class;
}

/* --- use --- */

StoredClass *php_class_store_find(zend_string *name) {
        return zend_hash_find_ptr(store, name);
}

const ClassRules *php_class_store_rules(const StoredClass *stored) {
        return &stored->rules;
}

static bool is_there(const Named *dependency) {
        zend_class_entry *class = zend_hash_find_ptr(EG(class_table), dependency->key);

        if (!class)
                class = zend_lookup_class_ex(dependency->name, dependency->key, 0);

        return class == dependency->class && !EG(exception);
}

static void declare_member(const Named *member) {
        zend_class_entry *class = member->class;

        (void) zend_hash_add_new_ptr(EG(class_table), member->key, class);
        if (class->ce_flags & ZEND_ACC_LINKED && *ZSTR_VAL(member->key) &&
                        ZSTR_HAS_CE_CACHE(class->name))
                ZSTR_SET_CE_CACHE_EX(class->name, class, 0);
}

static bool has_member(const StoredClass *stored) {
        for (unsigned i = 0; i < stored->n_members; i++)
                if (zend_hash_exists(EG(class_table), stored->items[i].key))
                        return true;

        return false;
}

/* They may load anything. */
static bool has_dependencies(const StoredClass *stored) {
        for (unsigned i = 0; i < stored->n_dependencies; i++)
                if (!is_there(&stored->items[stored->n_members + i]))
                        return false;

        return !has_member(stored);
}

zend_class_entry *php_class_store_declare(StoredClass *stored) {
        /* As when PHP includes the file, it counts as included before anything is linked. */
        if (has_member(stored) || !zend_hash_add_empty_element(&EG(included_files), stored->file))
                return NULL;
        if (!has_dependencies(stored)) {
                (void) zend_hash_del(&EG(included_files), stored->file);
                return NULL;
        }

        php_code_fill_names(stored->names);
        for (unsigned i = 0; i < stored->n_members; i++)
                declare_member(&stored->items[i]);
        return stored->class;
}
