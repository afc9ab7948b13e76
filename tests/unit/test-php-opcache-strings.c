/* SPDX-License-Identifier: MIT */
/* Proves that the table of opcache's strings gets smaller, and that what is none, or is in use, stays as it is. */

#include "php/hooks/opcache/php_opcache_strings.h"

#include <stdint.h>

#include "php-unit.h"

enum {
        TABLE = 256 * 1024,
        BEHIND = 256,
};

/* As opcache has it. */
typedef struct Table {
        uint32_t mask, n_strings;
        char *start, *top, *end, *saved_top;
        char places[TABLE + BEHIND];
        char strings[64];
} Table;

static Table table;

static void fresh(void) {
        table.mask = TABLE - 4;
        table.n_strings = 0;
        table.start = table.top = table.strings;
        table.end = table.strings + sizeof(table.strings);
        table.saved_top = NULL;
}

static void stays(void) {
        uint32_t mask = table.mask;

        ck_assert_uint_eq(php_opcache_strings_shrink(table.places, sizeof(table.places)), 0);
        ck_assert_uint_eq(table.mask, mask);
}

START_TEST(a_new_table) {
        fresh();
        ck_assert_uint_eq(
                        php_opcache_strings_shrink(table.places, sizeof(table.places)), TABLE / 16);
        ck_assert_uint_eq(table.mask, TABLE / 16 - 4);
        stays();
}
END_TEST

START_TEST(what_is_none) {
        fresh();
        table.mask = TABLE - 8;
        stays();
        fresh();
        table.n_strings = 1;
        stays();
        fresh();
        table.start++;
        stays();
        fresh();
        table.top++;
        stays();
        fresh();
        table.end = table.start;
        stays();
        fresh();
        table.saved_top = table.start;
        stays();
}
END_TEST

/* What is in front of them belongs to nobody. */
START_TEST(other_sizes) {
        static const size_t sizes[] = { 0, 1, 4096, TABLE / 2 + 256, TABLE, TABLE + 513, 2 * TABLE,
                SIZE_MAX };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                ck_assert_uint_eq(php_opcache_strings_shrink(NULL, sizes[i]), 0);
}
END_TEST

/* How much of opcache's memory has pages, in KiB; 0: it has none. */
static unsigned resident(void) {
        _cleanup_fclose_ FILE *f = fopen("/proc/self/smaps", "re");
        unsigned size = 0, kib = 0, all = 0;
        bool is_opcache = false;
        char line[512];

        ck_assert_ptr_nonnull(f);
        while (fgets(line, sizeof(line), f))
                if (strchr(line, '-') && strstr(line, " rw-s "))
                        is_opcache = strstr(line, "/dev/zero") != NULL;
                else if (sscanf(line, "Size: %u kB", &size) != 1 && is_opcache && size > 60000 &&
                                all == 0 && sscanf(line, "Rss: %u kB", &kib) == 1)
                        all = kib;

        return all;
}

START_TEST(php_starts_with_it) {
        start_php();
#ifndef __SANITIZE_ADDRESS__
        ck_assert_uint_gt(resident(), 0);
        ck_assert_uint_lt(resident(), 600);
#else
        (void) resident;
#endif
}
END_TEST

UNIT_MAIN("php-opcache-strings", a_new_table, what_is_none, other_sizes, php_starts_with_it);
