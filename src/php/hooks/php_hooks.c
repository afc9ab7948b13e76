/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_hooks.h"
#include "base/journal_socket.h"

#include <php_main.h>
#include <php_version.h>
#include <stdio.h>

/* --- the start --- */

static PhpStartHooks start_hooks;

/* What php_module_startup() would have called. */
static typeof(php_register_internal_extensions_func) register_extensions;
static typeof(zend_post_startup_cb) post_startup;

static bool has_started;
static zend_module_entry *own_module;

/* opcache calls this in front of its own, which preloads. */
static zend_result watched_post_startup(void) {
        has_started = true;
        start_hooks.on_started();
        return post_startup ? post_startup() : SUCCESS;
}

/* PHP forgets an earlier zend_post_startup_cb when it begins to start. */
static int watched_register_extensions(void) {
        int r = register_extensions();

        if (r == FAILURE)
                return r;

        start_hooks.on_registered();
        if (own_module && !zend_register_internal_module(own_module))
                return FAILURE;

        post_startup = zend_post_startup_cb;
        zend_post_startup_cb = watched_post_startup;
        return r;
}

void php_hooks_watch_start(const PhpStartHooks *hooks) {
        start_hooks = *hooks;
        register_extensions = php_register_internal_extensions_func;
        php_register_internal_extensions_func = (void *) watched_register_extensions;
}

void php_hooks_add_module(zend_module_entry *module) {
        own_module = module;
}

void php_hooks_end_start(void) {
        if (has_started)
                return;

        stderr_line("<4>PHP " PHP_VERSION
                    " does not tell when its extensions have started: preloaded code "
                    "that calls what the pool file disables ends its worker\n");
        start_hooks.on_started();
}

/* --- functions --- */

bool php_hooks_replace(const char *name, zif_handler handler, zif_handler *ret_original) {
        zend_internal_function *function =
                        zend_hash_str_find_ptr(CG(function_table), name, strlen(name));

        if (!function || function->type != ZEND_INTERNAL_FUNCTION)
                return false;

        *ret_original = function->handler;
        function->handler = handler;
        return true;
}

/* --- opcache --- */

const zend_extension *php_hooks_opcache(void) {
        if (!INI_BOOL("opcache.enable") || INI_BOOL("opcache.file_cache_only"))
                return NULL;

        return zend_get_extension("Zend OPcache");
}
