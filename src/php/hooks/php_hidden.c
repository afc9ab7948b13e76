/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_hidden.h"

#include <php.h>
#include <php_main.h>

static bool hides_pcntl;

/* What php_module_startup() would have called. */
static typeof(php_register_internal_extensions_func) register_extensions;
static typeof(zend_post_startup_cb) on_post_startup;

/* Modules that come behind get their number from how many there are: so the entry itself stays until all have come. */
static zend_result remove_entry(void) {
        (void) zend_hash_str_del(&module_registry, ZEND_STRL("pcntl"));
        return on_post_startup ? on_post_startup() : SUCCESS;
}

/* Constants are made by its start, which does not take place. */
static void strip_pcntl(void) {
        zend_module_entry *module = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("pcntl"));

        if (!module)
                return;

        if (module->functions)
                zend_unregister_functions(module->functions, -1, NULL);
        module->functions = NULL;
        module->module_startup_func = NULL;
        module->module_shutdown_func = NULL;
        module->request_startup_func = NULL;
        module->request_shutdown_func = NULL;
        module->post_deactivate_func = NULL;
        module->info_func = NULL;

        /* Called in front of opcache's own, which preloads. */
        on_post_startup = zend_post_startup_cb;
        zend_post_startup_cb = remove_entry;
}

/* All that is compiled in has its functions now, and nothing of it has started. */
static int register_shown_extensions(void) {
        int r = register_extensions();

        if (r == FAILURE)
                return r;

        (void) zend_hash_str_del(CG(function_table), ZEND_STRL("chroot"));
        if (hides_pcntl)
                strip_pcntl();
        return r;
}

void php_hidden_init(bool with_pcntl) {
        hides_pcntl = !with_pcntl;
        register_extensions = php_register_internal_extensions_func;
        php_register_internal_extensions_func = (void *) register_shown_extensions;
}
