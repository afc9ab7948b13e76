/* SPDX-License-Identifier: MIT */
/* Proves that the place where opcache notes how much of its memory is in use is found by what stands around it, and that
 * what begins otherwise than one of its files asks for no memory. */

#include "php/hooks/opcache/php_opcache_memory.h"

#include <stdint.h>
#include <string.h>

#include "php-unit.h"

enum {
        SIZE = 64 * 1024,
        PLACE = 40, /* of the note, in words */
};

static size_t memory[SIZE / sizeof(size_t)];

/* As opcache has it. */
static void fresh(void) {
        memset(memory, 0, sizeof(memory));
        memory[PLACE] = SIZE;
        memory[PLACE + 1] = SIZE - 64;
        memory[PLACE + 2] = 4096;
        memory[PLACE + 3] = (uintptr_t) memory;
}

START_TEST(a_note) {
        fresh();
        ck_assert_ptr_eq(php_opcache_memory_find(memory, SIZE), &memory[PLACE + 2]);
}
END_TEST

/* Before 8.3. */
START_TEST(a_short_note) {
        fresh();
        memory[PLACE + 1] = 4096;
        memory[PLACE + 2] = (uintptr_t) memory;
        memory[PLACE + 3] = 0;
        ck_assert_ptr_eq(php_opcache_memory_find(memory, SIZE), &memory[PLACE + 1]);
}
END_TEST

START_TEST(what_is_none) {
        for (size_t i = 0; i < 4; i++) {
                fresh();
                memory[PLACE + i] += i == 2 ? SIZE : 1024;
                ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        }

        fresh();
        memory[PLACE + 2] = 0;
        ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        fresh();
        memory[PLACE + 1] = SIZE + 1;
        ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        fresh();
        ck_assert_ptr_null(php_opcache_memory_find(memory, 64));
}
END_TEST

START_TEST(heads_of_files) {
        struct {
                char magic[8], id[32];
                size_t sizes[5];
        } head = { "OPCACHE", "0123456789abcdef0123456789abcde", { 70000, 1, 2, 3, 4 } };

        ck_assert_uint_eq(php_opcache_memory_expected(&head, sizeof(head)), 70000);
        ck_assert_uint_eq(php_opcache_memory_expected(&head, 40), 0);
        ck_assert_uint_eq(php_opcache_memory_expected(&head, 8192), 0);
        head.magic[7] = '!';
        ck_assert_uint_eq(php_opcache_memory_expected(&head, sizeof(head)), 0);
}
END_TEST

START_TEST(php_starts_with_it) {
        start_php();
        ck_assert(!php_opcache_memory_is_known());
}
END_TEST

START_TEST(php_starts_with_a_folder) {
        start_php_with(OPCACHE "php_admin_value[opcache.file_cache] = /tmp\n");
        ck_assert(php_opcache_memory_is_known());
}
END_TEST

UNIT_MAIN("php-opcache-memory", a_note, a_short_note, what_is_none, heads_of_files,
                php_starts_with_it, php_starts_with_a_folder);
