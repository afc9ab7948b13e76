/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_disabled.h"

#include <errno.h>
#include <php.h>
#include <php_ini.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/journal_socket.h"

/* --- those that stay, and throw --- */

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

static void make_throw(zend_internal_function *function) {
        disabled = perealloc(disabled, (n_disabled + 1) * sizeof(*disabled), 1);
        disabled[n_disabled++] = (Disabled){ .function = function, .handler = function->handler };
        function->handler = throw_undefined;
}

bool php_disabled_has(const char *name) {
        for (size_t i = 0; i < n_disabled; i++)
                if (strcmp(ZSTR_VAL(disabled[i].function->function_name), name) == 0)
                        return true;

        return false;
}

/* --- those that are taken away --- */

static bool has_jit, has_preload, failed, for_good;

/* It is shared by all workers of the generation: otherwise each of them would log the same line. */
static atomic_bool *was_reported;

static bool jit_is_possible(void) {
        const char *jit = zend_ini_string((char *) ZEND_STRL("opcache.jit"), 0);

        return jit && *jit && strcasecmp(jit, "disable") != 0 &&
               zend_ini_long((char *) ZEND_STRL("opcache.jit_buffer_size"), 0) > 0;
}

int php_disabled_init(void) {
        const char *preload = zend_ini_string((char *) ZEND_STRL("opcache.preload"), 0);
        void *page;

        has_jit = jit_is_possible();
        has_preload = preload && *preload;
        page = mmap(NULL, sizeof(*was_reported), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
        if (page == MAP_FAILED)
                return -errno;

        was_reported = page;
        return 0;
}

/* What the compiler and opcache of PHP 8.2 to 8.5 have instructions for, or compute without a mark at the function. The
 * test php/disable-functions has opcache list what it does not call, so that a later version shows what it adds. */
static bool has_instruction(const char *name) {
        static const char *const names[] = { "array_key_exists", "array_map", "array_slice",
                "assert", "boolval", "call_user_func", "call_user_func_array", "chr", "clone",
                "compact", "constant", "count", "define", "defined", "dirname", "doubleval",
                "extension_loaded", "extract", "floatval", "func_get_args", "func_num_args",
                "function_exists", "get_called_class", "get_class", "gettype", "in_array",
                "ini_get", "intval", "is_array", "is_bool", "is_callable", "is_double", "is_float",
                "is_int", "is_integer", "is_long", "is_null", "is_object", "is_resource",
                "is_scalar", "is_string", "ord", "printf", "sizeof", "sprintf", "strlen",
                "strval" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i], name) == 0)
                        return true;

        return false;
}

static bool may_be_compiled_in(const zend_internal_function *function, const char *name) {
#if PHP_VERSION_ID >= 80400
        if (function->frameless_function_infos)
                return true;
#endif
        return has_jit || function->fn_flags & ZEND_ACC_COMPILE_TIME_EVAL || has_instruction(name);
}

static void turn_opcache_off(void) {
        zend_ini_entry *entry =
                        zend_hash_str_find_ptr(EG(ini_directives), ZEND_STRL("opcache.enable"));

        if (entry)
                (void) zend_alter_ini_entry_chars_ex(entry->name, "0", 1, ZEND_INI_SYSTEM,
                                ZEND_INI_STAGE_ACTIVATE, true);
}

static void take_away(const char *name) {
        if (has_preload) {
                failed = true;
                return;
        }

        if (!atomic_exchange(was_reported, true))
                stderr_line("<4>The web server disables %s() for a request. Compiled code does not "
                            "notice, so requests with that setting run without opcache and cost "
                            "a worker each; php_admin_value[disable_functions] in the pool file "
                            "costs nothing\n",
                                name);
        turn_opcache_off();
        zend_disable_functions(name);
        for_good = true;
}

/* --- the list --- */

static void disable(const char *name, size_t n) {
        char *lower = zend_str_tolower_dup(name, n);
        zend_internal_function *function = zend_hash_str_find_ptr(CG(function_table), lower, n);

        if (function && function->type == ZEND_INTERNAL_FUNCTION &&
                        function->handler != throw_undefined) {
                if (may_be_compiled_in(function, lower))
                        take_away(lower);
                else
                        make_throw(function);
        }
        efree(lower);
}

void php_disabled_add(const char *list) {
        while (*(list += strspn(list, ", "))) {
                size_t n = strcspn(list, ", ");

                disable(list, n);
                list += n;
        }
}

bool php_disabled_failed(void) {
        return failed;
}

bool php_disabled_for_good(void) {
        return for_good;
}

void php_disabled_end(void) {
        for (size_t i = 0; i < n_disabled; i++)
                disabled[i].function->handler = disabled[i].handler;

        free(disabled);
        disabled = NULL;
        n_disabled = 0;
        failed = false;
}
