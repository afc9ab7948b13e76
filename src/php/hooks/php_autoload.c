/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_autoload.h"

#include <errno.h>
#include <php.h>
#include <php_version.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zend_observer.h>

#include "base/cleanup.h"
#include "base/journal_socket.h"
#include "php/hooks/php_class_store.h"
#include "php/hooks/php_code.h"
#include "php/hooks/php_loaders.h"
#include "php/hooks/php_opcache_state.h"

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

/* Of the request, once it is known. */
static struct {
        bool is_known, is_usable;
        uint64_t state;
        int64_t now_sec, until_sec;
        uint64_t open_basedir;
} request;

/* --- a request --- */

void php_autoload_begin_request(void) {
        innermost = NULL;
        request.is_known = false;
        php_loaders_begin_request();
        php_opcache_state_begin_request();
}

static uint64_t sum_of_text(const char *text) {
        return text && *text ? zend_inline_hash_func(text, strlen(text)) : 0;
}

static bool begin_use(void) {
        int64_t interval = INI_INT("opcache.revalidate_freq");

        request.state = php_opcache_state();
        if (request.state == 0)
                return false;

        request.now_sec = (int64_t) time(NULL);
        request.until_sec = INT64_MAX;
        if (INI_BOOL("opcache.validate_timestamps")) {
                if (interval <= 0)
                        return false;
                request.until_sec = request.now_sec + interval;
        }

        request.open_basedir = sum_of_text(PG(open_basedir));
        php_class_store_keep(request.state);
        return true;
}

/* Is to be asked behind the first autoload function that is known, which came from opcache's memory. What a script
 * invalidates is not used any more from then on. */
static bool request_is_usable(void) {
        if (!request.is_known) {
                request.is_known = true;
                request.is_usable = begin_use();
        }

        return request.is_usable && php_opcache_state() == request.state;
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

static bool is_absolute(const zend_string *path) {
        return path && *ZSTR_VAL(path) == '/';
}

static zend_op_array *watched_compile_file(zend_file_handle *handle, int type) {
        Search *search = innermost;
        uint32_t n_functions = EG(function_table)->nNumUsed, n_classes = EG(class_table)->nNumUsed,
                 n_constants = EG(zend_constants)->nNumUsed;
        zend_op_array *script;
        bool is_plain;

        if (!search)
                return original_compile_file(handle, type);

        is_plain = is_absolute(handle->filename);
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

static void learn(const Search *search, zend_string *name, const zend_class_entry *class) {
        ClassRules rules = { .until_sec = request.until_sec, .open_basedir = request.open_basedir };

        if (search->n_files != 1 || !search->file || !search->only_declares || search->loader < 0 ||
                        search->n_errors != n_errors || EG(exception) ||
                        (unsigned) search->loader >= php_loaders_known() || !request_is_usable() ||
                        !zend_hash_exists(&EG(included_files), search->file))
                return;

        rules.loader = (unsigned) search->loader;
        rules.loaders_sum = php_loaders_sum(rules.loader);
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

        innermost = &search;
        zend_try {
                class = original_autoload(name, lc_name);
        }
        zend_catch {
                innermost = NULL;
                zend_bailout();
        }
        zend_end_try();
        innermost = search.outer;
        if (class)
                learn(&search, lc_name, class);
        return class;
}

/* --- what was learned --- */

static bool is_valid(const StoredClass *stored) {
        const ClassRules *rules = php_class_store_rules(stored);

        return request.now_sec <= rules->until_sec && rules->loader < php_loaders_known() &&
               request.open_basedir == rules->open_basedir &&
               php_loaders_sum(rules->loader) == rules->loaders_sum;
}

/* What the class is linked with comes here again, if it is not there yet. */
static zend_class_entry *watched_autoload(zend_string *name, zend_string *lc_name) {
        StoredClass *stored;
        zend_class_entry *class;

        if (php_loaders_known() == 0 || !request_is_usable())
                return search(name, lc_name);

        stored = php_class_store_find(lc_name);
        if (!stored || !is_valid(stored))
                return search(name, lc_name);

        class = php_class_store_declare(stored);
        return class ? class : search(name, lc_name);
}

int php_autoload_init(void) {
        int r;

        /* Not proven there. */
        if (PHP_VERSION_ID >= 80500) {
                stderr_line("<5>preload = auto has no effect on PHP " PHP_VERSION "\n");
                return 0;
        }

        r = php_opcache_state_watch();

        /* Somebody wants to know of each class. */
        if (r < 0 || zend_observer_class_linked_observed || !zend_autoload)
                return r;

        php_loaders_init();
        zend_observer_error_register(on_error);
        original_autoload = zend_autoload;
        zend_autoload = watched_autoload;
        original_compile_file = zend_compile_file;
        zend_compile_file = watched_compile_file;
        return 0;
}
