/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_hidden.h"

#include <php.h>

static bool is_stripped;

/* Constants are made by its start, which does not take place. */
static void strip(zend_module_entry *module) {
        if (module->functions)
                zend_unregister_functions(module->functions, -1, NULL);
        module->functions = NULL;
        module->module_startup_func = NULL;
        module->module_shutdown_func = NULL;
        module->request_startup_func = NULL;
        module->request_shutdown_func = NULL;
        module->post_deactivate_func = NULL;
        module->info_func = NULL;
}

void php_hidden_strip(bool with_pcntl) {
        zend_module_entry *pcntl = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("pcntl"));

        (void) zend_hash_str_del(CG(function_table), ZEND_STRL("chroot"));
        if (with_pcntl || !pcntl)
                return;

        strip(pcntl);
        is_stripped = true;
}

/* Not earlier: each module that comes behind gets its number from how many there are. */
void php_hidden_remove(void) {
        if (is_stripped)
                (void) zend_hash_str_del(&module_registry, ZEND_STRL("pcntl"));
}
