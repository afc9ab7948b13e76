/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_disabled.h"

#include <php.h>

typedef struct Disabled {
        zend_internal_function *function;
        zif_handler handler;
} Disabled;

static Disabled *disabled;
static size_t n_disabled;

static ZEND_NAMED_FUNCTION(throw_undefined) {
        (void) return_value;
        zend_throw_error(NULL, "Call to undefined function %s()",
                        ZSTR_VAL(execute_data->func->common.function_name));
}

static void disable(const char *name, size_t n) {
        char *lower = zend_str_tolower_dup(name, n);
        zend_internal_function *function = zend_hash_str_find_ptr(CG(function_table), lower, n);

        efree(lower);
        if (!function || function->type != ZEND_INTERNAL_FUNCTION ||
                        function->handler == throw_undefined)
                return;

        disabled = perealloc(disabled, (n_disabled + 1) * sizeof(*disabled), 1);
        disabled[n_disabled++] = (Disabled){ .function = function, .handler = function->handler };
        function->handler = throw_undefined;
}

void php_disabled_add(const char *list) {
        while (*(list += strspn(list, ", "))) {
                size_t n = strcspn(list, ", ");

                disable(list, n);
                list += n;
        }
}

void php_disabled_end(void) {
        for (size_t i = 0; i < n_disabled; i++)
                disabled[i].function->handler = disabled[i].handler;

        free(disabled);
        disabled = NULL;
        n_disabled = 0;
}
