/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_hooks.h"

bool php_hooks_replace(const char *name, zif_handler handler, zif_handler *ret_original) {
        zend_internal_function *function =
                        zend_hash_str_find_ptr(CG(function_table), name, strlen(name));

        if (!function || function->type != ZEND_INTERNAL_FUNCTION)
                return false;

        *ret_original = function->handler;
        function->handler = handler;
        return true;
}
