/* SPDX-License-Identifier: MIT */
#include "php/resident/php_baseline_streams.h"

#include <SAPI.h>
#include <ext/standard/basic_functions.h>
#include <ext/standard/file.h>
#include <php.h>
#include <php_streams.h>

/* Copies of PHP's tables. NULL: the script has none of its own, PHP uses those of the process. */
static struct {
        HashTable *wrappers, *filters, *user_filters;
        php_stream_context *context;
        zval options;
} kept;

static HashTable *copy_of(const HashTable *table) {
        HashTable *copy;

        if (!table)
                return NULL;

        ALLOC_HASHTABLE(copy);
        zend_hash_init(copy, zend_hash_num_elements(table), NULL, NULL, 0);
        zend_hash_copy(copy, (HashTable *) (uintptr_t) table, NULL);
        return copy;
}

static void drop(HashTable **table) {
        if (!*table)
                return;

        zend_hash_destroy(*table);
        FREE_HASHTABLE(*table);
        *table = NULL;
}

void php_baseline_streams_seal(void) {
        kept.wrappers = copy_of(FG(stream_wrappers));
        kept.filters = copy_of(FG(stream_filters));
        kept.user_filters = copy_of(BG(user_filter_map));
        kept.context = FG(default_context);
        ZVAL_UNDEF(&kept.options);
        if (kept.context)
                ZVAL_ARR(&kept.options, zend_array_dup(Z_ARRVAL(kept.context->options)));
}

/* What a request has added; what the script has is there still. */
static void drop_new_user_filters(void) {
        zend_string *name;

        if (!BG(user_filter_map))
                return;

        ZEND_HASH_FOREACH_STR_KEY(BG(user_filter_map), name) {
                if (!kept.user_filters || !zend_hash_exists(kept.user_filters, name))
                        (void) zend_hash_del(BG(user_filter_map), name);
        }
        ZEND_HASH_FOREACH_END();
}

static void restore_context(void) {
        if (FG(default_context) && FG(default_context) != kept.context)
                zend_list_delete(FG(default_context)->res);
        FG(default_context) = kept.context;
        if (!kept.context)
                return;

        zval_ptr_dtor(&kept.context->options);
        ZVAL_ARR(&kept.context->options, zend_array_dup(Z_ARRVAL(kept.options)));
}

void php_baseline_streams_restore(void) {
        drop(&FG(stream_wrappers));
        drop(&FG(stream_filters));
        FG(stream_wrappers) = copy_of(kept.wrappers);
        FG(stream_filters) = copy_of(kept.filters);
        drop_new_user_filters();
        restore_context();
}

void php_baseline_streams_unseal(void) {
        drop(&kept.wrappers);
        drop(&kept.filters);
        drop(&kept.user_filters);
        if (kept.context)
                zval_ptr_dtor(&kept.options);
        kept.context = NULL;
}
