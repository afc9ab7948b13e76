/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_autoload.h"

#include <dlfcn.h>
#include <php.h>
#include <php_version.h>
#include <stdint.h>
#include <zend_observer.h>

#include "base/journal_socket.h"
#include "php/hooks/classes/php_autoload_request.h"
#include "php/hooks/classes/php_class_links.h"
#include "php/hooks/classes/php_class_store.h"
#include "php/hooks/classes/php_code.h"
#include "php/hooks/classes/php_loaders.h"
#include "php/hooks/opcache/php_opcache_state.h"
#include "php/hooks/php_hooks.h"

/* What happens while the autoload functions look for one class. Those that they need themselves have one of their own,
 * on PHP's stack as well. */
typedef struct Search {
        struct Search *outer;
        const zend_execute_data *caller;
        uint64_t n_errors;  /* before */
        uint32_t n_classes; /* before the file was included */
        unsigned n_files;
        zend_string *file;
        int loader;
        bool only_declares;
} Search;

static typeof(zend_autoload) original_autoload;
static typeof(zend_compile_file) original_compile_file;

static Search *innermost;
static uint64_t n_errors;

/* A fiber that waits in an autoload function is elsewhere on the stack, and may never come back. */
static uint64_t n_switches;

/* --- a request --- */

void php_autoload_begin_request(void) {
        innermost = NULL;
        php_loaders_begin_request();
        php_autoload_request_begin();
}

static void on_fiber_switch(zend_fiber_context *from, zend_fiber_context *to) {
        (void) from;
        (void) to;
        innermost = NULL;
        n_switches++;
}

static void on_error(int type, zend_string *file, uint32_t line, zend_string *message) {
        (void) type;
        (void) file;
        (void) line;
        (void) message;
        n_errors++;
}

/* --- learning --- */

/* The function that PHP has called for the search. */
static int find_loader(const Search *search) {
        const zend_execute_data *frame = EG(current_execute_data), *outermost = NULL;

        for (; frame && frame != search->caller; frame = frame->prev_execute_data)
                if (frame->func)
                        outermost = frame;
        if (!frame || !outermost)
                return -1;

        return php_loaders_find(outermost->func,
                        Z_TYPE(outermost->This) == IS_OBJECT ? Z_OBJ(outermost->This) : NULL);
}

/* What include_path or the current directory has made absolute is not. */
static bool is_included_by_absolute_path(void) {
        const zend_execute_data *frame = EG(current_execute_data);
        const zval *path;
        const zend_op *op;

        if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type))
                return false;

        op = frame->opline;
        if (op->opcode != ZEND_INCLUDE_OR_EVAL)
                return false;

        path = op->op1_type == IS_CONST ? RT_CONSTANT(op, op->op1)
                                        : ZEND_CALL_VAR(frame, op->op1.var);
        ZVAL_DEREF(path);
        return Z_TYPE_P(path) == IS_STRING && *Z_STRVAL_P(path) == '/';
}

static zend_op_array *watched_compile_file(zend_file_handle *handle, int type) {
        Search *search = innermost;
        uint32_t n_functions = EG(function_table)->nNumUsed, n_classes = EG(class_table)->nNumUsed,
                 n_constants = EG(zend_constants)->nNumUsed;
        zend_op_array *script;
        bool is_plain;

        if (!search)
                return original_compile_file(handle, type);

        is_plain = is_included_by_absolute_path();
        search->loader = find_loader(search);
        search->n_files++;
        search->n_classes = n_classes;
        search->file = NULL;
        script = original_compile_file(handle, type);
        if (script) {
                search->file = script->filename;
                search->only_declares = is_plain && n_functions == EG(function_table)->nNumUsed &&
                                        n_constants == EG(zend_constants)->nNumUsed &&
                                        php_code_only_declares(script);
        }

        return script;
}

/* Some tools watch what is compiled, and begin when a request does. */
static bool may_be_used(void) {
        return zend_compile_file == watched_compile_file && zend_execute_ex == execute_ex &&
               php_autoload_request_is_usable();
}

static void learn(const Search *search, zend_string *name, const zend_class_entry *class) {
        ClassRules rules;

        if (search->n_files != 1 || !search->file || !search->only_declares || search->loader < 0 ||
                        search->n_errors != n_errors || EG(exception) ||
                        (unsigned) search->loader >= php_loaders_known() || !may_be_used() ||
                        !zend_hash_exists(&EG(included_files), search->file))
                return;

        rules = php_autoload_request_rules();
        rules.loader = (unsigned) search->loader;
        rules.loaders_sum = php_loaders_sum(rules.loader, name);
        if (rules.loaders_sum != 0)
                php_class_store_learn(name, class, search->file, search->n_classes, &rules);
}

static zend_class_entry *search(zend_string *name, zend_string *lc_name) {
        Search search = {
                .outer = innermost,
                .caller = EG(current_execute_data),
                .n_errors = n_errors,
                .loader = -1,
        };
        zend_class_entry *class = NULL;
        uint64_t n = n_switches;

        innermost = &search;
        zend_try {
                class = original_autoload(name, lc_name);
        }
        zend_catch {
                innermost = NULL;
                zend_bailout();
        }
        zend_end_try();
        innermost = n == n_switches ? search.outer : NULL;
        if (class && n == n_switches)
                learn(&search, name, class);
        return class;
}

/* --- what was learned --- */

static bool is_valid(const StoredClass *stored, zend_string *name) {
        const ClassRules *rules = php_class_store_rules(stored);

        return php_autoload_request_allows(rules) && rules->loader < php_loaders_known() &&
               php_loaders_sum(rules->loader, name) == rules->loaders_sum;
}

/* What the class is linked with comes here again, if it is not there yet. */
static zend_class_entry *watched_autoload(zend_string *name, zend_string *lc_name) {
        StoredClass *stored;
        zend_class_entry *class;

        if (php_loaders_known() == 0 || !may_be_used())
                return search(name, lc_name);

        stored = php_class_store_find(name);
        if (!stored || !is_valid(stored, name))
                return search(name, lc_name);

        class = php_class_store_declare(stored);
        return class ? class : search(name, lc_name);
}

/* --- start --- */

static bool is_of(const void *function, const void *other) {
        Dl_info a, b;

        return dladdr(function, &a) && dladdr(other, &b) && a.dli_fbase == b.dli_fbase;
}

/* Tools that measure, trace or protect want to know of each class and file. */
static bool others_watch(const zend_extension *opcache) {
        return zend_observer_class_linked_observed || zend_execute_ex != execute_ex ||
               !is_of((const void *) (uintptr_t) zend_compile_file,
                               (const void *) (uintptr_t) opcache->startup) ||
               zend_get_user_opcode_handler(ZEND_DECLARE_CLASS) ||
               zend_get_user_opcode_handler(ZEND_DECLARE_CLASS_DELAYED) ||
               zend_get_user_opcode_handler(ZEND_INCLUDE_OR_EVAL);
}

static const char *why_not(const zend_extension *opcache) {
        if (PHP_VERSION_ID >= 80500)
                return "on PHP " PHP_VERSION; /* not proven there */
        if (INI_BOOL("opcache.validate_permission"))
                return "with opcache.validate_permission";
        if (INI_BOOL("opcache.revalidate_path"))
                return "with opcache.revalidate_path";
        if (others_watch(opcache))
                return "beside an extension that watches what PHP compiles";

        return NULL;
}

int php_autoload_init(void) {
        const zend_extension *opcache = php_hooks_opcache();
        const char *reason = opcache ? why_not(opcache) : "without opcache";
        int r;

        if (reason) {
                stderr_line("<5>preload = auto has no effect %s\n", reason);
                return 0;
        }

        r = php_opcache_state_watch();
        if (r < 0 || !zend_autoload)
                return r;

        php_loaders_init();
        php_class_links_init();
        php_autoload_request_init();
        zend_observer_error_register(on_error);
        zend_observer_fiber_switch_register(on_fiber_switch);
        original_autoload = zend_autoload;
        zend_autoload = watched_autoload;
        original_compile_file = zend_compile_file;
        zend_compile_file = watched_compile_file;
        return 0;
}
