/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_loaders.h"

#include <SAPI.h>
#include <string.h>

#include "base/cleanup.h"
#include "php/hooks/classes/php_code.h"
#include "php/hooks/opcache/php_opcache_state.h"
#include "php/hooks/php_disabled.h"
#include "php/hooks/php_hooks.h"

enum {
        LOADERS_MAX = 64, /* what comes behind them is not known */
};

typedef struct Loader {
        /* By these four PHP tells them apart. */
        const zend_function *function;
        zend_object *object, *closure;
        const zend_class_entry *class;

        uint64_t id;  /* 0: not known */
        uint64_t sum; /* of it and all in front; 0: not known */
        bool is_composer;
} Loader;

static struct {
        Loader items[LOADERS_MAX];
        unsigned n, n_known;
        bool is_lost; /* until the end of the request */
        bool has_composer;
        bool has_moved; /* the script is in another directory than that of its own */
} chain;

static zif_handler original_register, original_unregister, original_chdir;

void php_loaders_begin_request(void) {
        chain.n = chain.n_known = 0;
        chain.is_lost = chain.has_composer = chain.has_moved = false;
}

/* --- what one depends on --- */

static uint64_t mix(uint64_t sum, uint64_t value) {
        sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
        return sum ^ sum >> 29;
}

static uint64_t mix_pointer(uint64_t sum, const void *pointer) {
        return mix(sum, (uintptr_t) pointer);
}

/* Arrays of compiled code are the same as long as they are at the same place; others are built by each request. */
static uint64_t mix_value(uint64_t sum, zval *value) {
        sum = mix(sum, Z_TYPE_P(value) + UINT64_C(1));
        switch (Z_TYPE_P(value)) {
        case IS_UNDEF:
        case IS_NULL:
        case IS_FALSE:
        case IS_TRUE:
                return sum;
        case IS_LONG:
                return mix(sum, (uint64_t) Z_LVAL_P(value));
        case IS_STRING:
                return mix(mix(sum, ZSTR_HASH(Z_STR_P(value))), Z_STRLEN_P(value));
        case IS_ARRAY:
                if (zend_hash_num_elements(Z_ARRVAL_P(value)) == 0)
                        return mix(sum, 1);
                return GC_FLAGS(Z_ARRVAL_P(value)) & GC_IMMUTABLE && !is_zend_ptr(Z_ARRVAL_P(value))
                                       ? mix_pointer(sum, Z_ARRVAL_P(value))
                                       : 0;
        default:
                return 0;
        }
}

static uint64_t id_of_values(uint64_t sum, HashTable *values) {
        zval *value;

        ZEND_HASH_FOREACH_VAL(values, value) {
                sum = sum == 0 ? 0 : mix_value(sum, value);
        }
        ZEND_HASH_FOREACH_END();
        return sum;
}

/* Of the directory in which the script runs, or 0. */
static uint64_t id_of_directory(void) {
        const char *path = SG(request_info).path_translated,
                   *end = path ? strrchr(path, '/') : NULL;

        return end && !chain.has_moved ? zend_inline_hash_func(path, (size_t) (end - path)) : 0;
}

static uint64_t id_of_function(const zend_op_array *code) {
        HashTable *values = NULL;
        uint64_t sum = mix_pointer(1, code->opcodes);

        if (!php_code_is_plain_loader(code))
                return 0;

        if (php_code_looks_for_files(code)) {
                uint64_t directory = id_of_directory();

                if (directory == 0)
                        return 0;
                sum = mix(sum, directory);
        }

        if (code->static_variables) {
                values = ZEND_MAP_PTR_GET(code->static_variables_ptr);
                if (!values)
                        values = code->static_variables;
        }
        return values ? id_of_values(sum, values) : sum;
}

static bool is_composer(const zend_function *function, const zend_object *object) {
        const zend_class_entry *class = function->common.scope;

        return class && object && object->ce == class &&
               zend_string_equals_literal(class->name, "Composer\\Autoload\\ClassLoader") &&
               zend_string_equals_literal(function->common.function_name, "loadClass");
}

static zval *property_of(zend_object *object, const char *name, size_t n) {
        const zend_property_info *info =
                        zend_hash_str_find_ptr(&object->ce->properties_info, name, n);

        return info && !(info->flags & ZEND_ACC_STATIC) ? OBJ_PROP(object, info->offset) : NULL;
}

/* It calls these. */
static bool has_what_it_needs(void) {
        static const char *const names[] = { "file_exists", "strpos", "strrpos", "strtr", "substr",
                "apcu_fetch" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (php_disabled_has(names[i]))
                        return false;

        return true;
}

/* include_path may be another one in each request. What it has not found so far is looked at where a name is known. */
static uint64_t id_of_composer(const zend_function *function, zend_object *object) {
        const zval *skipped = property_of(object, ZEND_STRL("missingClasses")),
                   *looks_in_path = property_of(object, ZEND_STRL("useIncludePath"));
        uint64_t sum = mix_pointer(2, function->op_array.opcodes);

        if (object->properties || !has_what_it_needs() ||
                        (looks_in_path && Z_TYPE_P(looks_in_path) != IS_FALSE))
                return 0;

        for (int i = 0; i < object->ce->default_properties_count && sum != 0; i++) {
                zval *value = &object->properties_table[i];

                if (value != skipped)
                        sum = mix_value(sum, value);
        }

        return sum;
}

/* Code outside of opcache's memory may be other code at the same place. */
static void identify(Loader *loader) {
        const zend_function *function = loader->function;

        loader->id = 0;
        loader->is_composer = false;
        if (!function || function->type != ZEND_USER_FUNCTION || function->op_array.refcount ||
                        is_zend_ptr(function->op_array.opcodes) || php_opcache_state() == 0)
                return;

        loader->is_composer = is_composer(function, loader->object);
        loader->id = loader->is_composer ? id_of_composer(function, loader->object)
                                         : id_of_function(&function->op_array);
}

/* --- the chain --- */

static void sum_up(unsigned from) {
        uint64_t sum = from > 0 ? chain.items[from - 1].sum : 1;

        if (from > chain.n_known)
                return;

        chain.n_known = from;
        for (unsigned i = from; i < chain.n && chain.items[i].id != 0; i++) {
                sum = mix(sum, chain.items[i].id);
                chain.items[i].sum = sum = sum == 0 ? 1 : sum;
                chain.n_known = i + 1;
        }
}

static int find(const Loader *loader) {
        for (unsigned i = 0; i < chain.n; i++) {
                const Loader *item = &chain.items[i];

                if (item->function == loader->function && item->object == loader->object &&
                                item->closure == loader->closure && item->class == loader->class)
                        return (int) i;
        }

        return -1;
}

static void add(Loader *loader, bool is_first) {
        unsigned at = is_first ? 0 : chain.n;

        if (find(loader) >= 0)
                return;
        if (chain.n == LOADERS_MAX) {
                chain.is_lost = chain.is_lost || is_first;
                return;
        }

        identify(loader);
        memmove(&chain.items[at + 1], &chain.items[at], (chain.n - at) * sizeof(*loader));
        chain.items[at] = *loader;
        chain.n++;
        chain.has_composer = chain.has_composer || loader->is_composer;
        if (at < chain.n_known)
                chain.n_known = at;
        sum_up(at);
}

static void remove_at(int at) {
        if (at < 0) {
                chain.is_lost = chain.is_lost || chain.n < LOADERS_MAX;
                return;
        }

        chain.n--;
        memmove(&chain.items[at], &chain.items[at + 1], (chain.n - (unsigned) at) * sizeof(Loader));
        if ((unsigned) at < chain.n_known)
                chain.n_known = (unsigned) at;
        sum_up((unsigned) at);
}

/* --- the functions of PHP --- */

/* From now on, whatever looks for files may find other ones. */
static ZEND_NAMED_FUNCTION(watched_chdir) {
        original_chdir(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        chain.has_moved = true;
        for (unsigned i = 0; i < chain.n; i++)
                identify(&chain.items[i]);
        sum_up(0);
}

/* What a trampoline leads to is not known, and another one has the same place. */
static Loader loader_of(zval *callable) {
        zend_fcall_info_cache call = {};
        Loader loader = {};

        if (!callable || Z_TYPE_P(callable) <= IS_NULL ||
                        !zend_is_callable_ex(callable, NULL, IS_CALLABLE_SUPPRESS_DEPRECATIONS,
                                        NULL, &call, NULL))
                return loader;

        if (call.function_handler &&
                        call.function_handler->common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE)
                chain.is_lost = true;
        else
                loader = (Loader){
                        .function = call.function_handler,
                        .object = call.object,
                        .closure = Z_TYPE_P(callable) == IS_OBJECT ? Z_OBJ_P(callable) : NULL,
                        .class = call.calling_scope,
                };
        zend_release_fcall_info_cache(&call);
        return loader;
}

static zval *argument(zend_execute_data *execute_data, uint32_t n) {
        return ZEND_CALL_NUM_ARGS(execute_data) >= n ? ZEND_CALL_ARG(execute_data, n) : NULL;
}

static ZEND_NAMED_FUNCTION(watched_register) {
        zval *first;
        Loader loader;

        original_register(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        if (EG(exception) || Z_TYPE_P(return_value) != IS_TRUE)
                return;

        first = argument(execute_data, 3);
        loader = loader_of(argument(execute_data, 1));
        add(&loader, first && zend_is_true(first));
}

static bool takes_all_away(const Loader *loader) {
        return loader->function && loader->function->type == ZEND_INTERNAL_FUNCTION &&
               zend_string_equals_literal(
                               loader->function->common.function_name, "spl_autoload_call");
}

static ZEND_NAMED_FUNCTION(watched_unregister) {
        Loader loader = loader_of(argument(execute_data, 1));

        original_unregister(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        if (Z_TYPE_P(return_value) != IS_TRUE)
                return;

        if (takes_all_away(&loader))
                chain.n = chain.n_known = 0;
        else
                remove_at(find(&loader));
}

void php_loaders_init(void) {
        (void) php_hooks_replace("spl_autoload_register", watched_register, &original_register);
        (void) php_hooks_replace("chdir", watched_chdir, &original_chdir);
        (void) php_hooks_replace(
                        "spl_autoload_unregister", watched_unregister, &original_unregister);
}

/* --- what is asked about it --- */

int php_loaders_find(const zend_function *function, const zend_object *object) {
        for (unsigned i = 0; i < chain.n; i++)
                if (chain.items[i].function == function &&
                                (!chain.items[i].object || chain.items[i].object == object))
                        return (int) i;

        return -1;
}

unsigned php_loaders_known(void) {
        return chain.is_lost ? 0 : chain.n_known;
}

/* An application may add to Composer's lists at any time. */
static void look_at_composers(unsigned last) {
        for (unsigned i = 0; i <= last && i < chain.n_known; i++) {
                Loader *loader = &chain.items[i];
                uint64_t id;

                if (!loader->is_composer)
                        continue;

                id = id_of_composer(loader->function, loader->object);
                if (id == loader->id)
                        continue;

                loader->id = id;
                sum_up(i);
        }
}

static bool has_missed(const Loader *loader, zend_string *name) {
        const zval *missing = property_of(loader->object, ZEND_STRL("missingClasses"));

        return missing && Z_TYPE_P(missing) == IS_ARRAY &&
               zend_hash_num_elements(Z_ARRVAL_P(missing)) > 0 &&
               zend_hash_exists(Z_ARRVAL_P(missing), name);
}

uint64_t php_loaders_sum(unsigned index, zend_string *name) {
        if (chain.has_composer)
                look_at_composers(index);
        if (index >= chain.n_known)
                return 0;

        for (unsigned i = 0; chain.has_composer && i <= index; i++)
                if (chain.items[i].is_composer && has_missed(&chain.items[i], name))
                        return 0;

        return chain.items[index].sum;
}
