/* SPDX-License-Identifier: MIT */
#include "php/resident/php_modules.h"

#include <SAPI.h>
#include <ext/standard/basic_functions.h>
#include <php.h>
#include <zend_smart_str.h>
#if __has_include(<ext/session/php_session.h>)
#include <ext/session/php_session.h>
#endif

#include "base/cleanup.h"

static const zend_module_entry *find(const char *name) {
        return zend_hash_str_find_ptr(&module_registry, name, strlen(name));
}

static void begin(const zend_module_entry *module) {
        if (module && module->request_startup_func)
                (void) module->request_startup_func(module->type, module->module_number);
}

static void end(const zend_module_entry *module) {
        if (module && module->request_shutdown_func)
                (void) module->request_shutdown_func(module->type, module->module_number);
}

/* --- session --- */

#ifdef PHP_SESSION_H
/* Its end takes away what session_set_save_handler() has set; a service that stays sets that once. */
static void end_session(const zend_module_entry *module) {
        php_ps_globals *globals = module->globals_ptr;
        /* One for each function, and nothing else; an array of them has no name since 8.3. */
        zval *functions = (zval *) &globals->mod_user_names;
        zval kept[sizeof(globals->mod_user_names) / sizeof(zval)];

        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                ZVAL_COPY(&kept[i], &functions[i]);
        end(module);
        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                ZVAL_COPY_VALUE(&functions[i], &kept[i]);
}
#else
static void end_session(const zend_module_entry *module) {
        end(module);
}
#endif

/* --- the rewriter of URLs --- */

static void end_rewriter_of(url_adapt_state_ex_t *state) {
        smart_str_free(&state->result);
        smart_str_free(&state->buf);
        smart_str_free(&state->attr_val);
        smart_str_free(&state->form_app);
        smart_str_free(&state->url_app);
        state->active = 0;
        state->tag_type = state->attr_type = 0;
}

/* It starts with the first variable, of output_add_rewrite_var() or of session.use_trans_sid, and is an output buffer,
 * which ends with the request. PHP_RSHUTDOWN(url_scanner), which makes it start anew, cannot be called from here. */
static void end_rewriter(void) {
        end_rewriter_of(&BG(url_adapt_session_ex));
        end_rewriter_of(&BG(url_adapt_output_ex));
}

/* --- all together --- */

/* json's last error, the seeds of random numbers, what filter_input() reads, compression of the output. */
static const char *const names[] = { "filter", "json", "random", "zlib" };

static struct {
        bool is_found;
        const zend_module_entry *session, *others[ELEMENTSOF(names)];
} modules;

void php_modules_begin(void) {
        if (!modules.is_found) {
                modules.session = find("session");
                for (size_t i = 0; i < ELEMENTSOF(names); i++)
                        modules.others[i] = find(names[i]);
                modules.is_found = true;
        }

        end_rewriter();
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                begin(modules.others[i]);
        begin(modules.session); /* starts a rewriter with session.auto_start */
}

void php_modules_end(void) {
        if (modules.session)
                end_session(modules.session);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                end(modules.others[i]);
}
