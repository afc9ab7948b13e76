/* SPDX-License-Identifier: MIT */
/* Proves that each hook holds in this PHP, and that an engine knows the PHP that it was built for. */

#include "php/hooks/libc_hooks.h"

#include "php-unit.h"
#include "php/engine/php_pairing.h"
#include "unit.h"

START_TEST(all_hold) {
        start_php();
        ck_assert_int_eq(libc_hooks_have_write(), true);
        ck_assert_int_eq(libc_hooks_have_timer(), true);
}
END_TEST

START_TEST(sizes_and_builds_are_compared) {
        char why[256] = "";
        const PhpPairing other_size = {
                .sizes = { { "executor_globals", sizeof(executor_globals) + 8 } }
        };
        const PhpPairing threads = { .sizes = { { "executor_globals_offset", 8 } } };

        ck_assert_int_eq(php_pairing_check(php_pairing_of_build(), why, sizeof(why)), 0);
        ck_assert_str_eq(why, "");
        ck_assert_int_eq(php_pairing_check(&other_size, why, sizeof(why)), -ENOEXEC);
        ck_assert_ptr_nonnull(strstr(why, "executor_globals has "));
        ck_assert_int_eq(php_pairing_check(&threads, why, sizeof(why)), -ENOEXEC);
        ck_assert_ptr_nonnull(strstr(why, "has no executor_globals_offset"));
}
END_TEST

START_TEST(modules_say_the_build) {
        char why[256] = "";

        zend_module_entry *standard;

        start_php();
        ck_assert_int_eq(php_pairing_check_modules(why, sizeof(why)), 0);

        standard = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("standard"));
        standard->build_id = "API20990101,TS";
        ck_assert_int_eq(php_pairing_check_modules(why, sizeof(why)), -ENOEXEC);
        ck_assert_ptr_nonnull(strstr(why, "(API20990101,TS)"));
}
END_TEST

UNIT_MAIN("php-program", all_hold, sizes_and_builds_are_compared, modules_say_the_build);
