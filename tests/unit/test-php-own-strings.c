/* SPDX-License-Identifier: MIT */
/* Proves that the table of PHP's own strings is empty where opcache answers in its place, and stays where it does
 * not. */

#include "php/hooks/opcache/php_own_strings.h"

#include <stdint.h>

#include "php-unit.h"

/* As PHP has it in its table, or NULL. */
static zend_string *find(const char *text) {
        zend_string *string = zend_string_init(text, strlen(text), true),
                    *found = zend_interned_string_find_permanent(string);

        zend_string_release(string);
        return found;
}

#ifndef __SANITIZE_ADDRESS__
START_TEST(opcache_answers) {
        zend_string *string;

        start_php();
        ck_assert_ptr_null(find("strlen"));
        ck_assert_ptr_nonnull(zend_hash_str_find(CG(function_table), "strlen", strlen("strlen")));

        /* There is nothing to forget a second time. */
        ck_assert(!php_own_strings_forget());

        /* As when an extension is loaded later. */
        zend_interned_strings_switch_storage(false);
        for (unsigned i = 0; i < 3000; i++) {
                char text[32];

                snprintf(text, sizeof(text), "string %u", i);
                string = zend_new_interned_string(zend_string_init(text, strlen(text), true));
                ck_assert_ptr_eq(find(text), string);
        }
        zend_interned_strings_switch_storage(true);
}
END_TEST
#endif

START_TEST(php_answers) {
#ifdef __SANITIZE_ADDRESS__
        start_php();
#else
        start_php_with("php_admin_value[opcache.enable] = 0\n");
#endif
        ck_assert_ptr_nonnull(find("strlen"));
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
UNIT_MAIN("php-own-strings", opcache_answers, php_answers);
#else
UNIT_MAIN("php-own-strings", php_answers);
#endif
