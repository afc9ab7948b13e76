/* SPDX-License-Identifier: MIT */
/* Proves that memory at rest is given back, and that memory in use stays as it is. */

#include "php/hooks/php_heap.h"

#include <stdint.h>
#include <sys/mman.h>

#include "php-unit.h"

enum {
        CHUNK = 2 << 20,
        BLOCK = 1 << 20,
        PAGE = 4096,
};

/* Pages of the first chunk. */
static unsigned resident(void) {
        uintptr_t heap = (uintptr_t) zend_mm_get_heap();
        unsigned char pages[CHUNK / PAGE];
        unsigned n = 0;

        ck_assert_int_eq(mincore((void *) (heap & ~(uintptr_t) (CHUNK - 1)), CHUNK, pages), 0);
        for (size_t i = 0; i < sizeof(pages); i++)
                n += pages[i] & 1;

        return n;
}

/* As behind a request. */
static bool start_at_rest(void) {
        start_php();
        shutdown_memory_manager(true, false);
        return is_zend_mm();
}

static void use_memory(void) {
        void *block = emalloc(BLOCK);

        memset(block, 'x', BLOCK);
        efree(block);
        ck_assert_uint_ge(resident(), BLOCK / PAGE);
}

START_TEST(memory_at_rest) {
        if (!start_at_rest())
                return;

        use_memory();
        php_heap_release();
        ck_assert_uint_le(resident(), 1);
        use_memory();
}
END_TEST

/* PHP would keep some of them for the next requests. */
START_TEST(further_chunks) {
        void *blocks[8];

        if (!start_at_rest())
                return;

        for (size_t i = 0; i < ELEMENTSOF(blocks); i++)
                blocks[i] = emalloc(BLOCK + BLOCK / 2);
        for (size_t i = 0; i < ELEMENTSOF(blocks); i++)
                efree(blocks[i]);
        shutdown_memory_manager(true, false);
        ck_assert_uint_gt(zend_memory_usage(true), CHUNK);
        php_heap_release();
        ck_assert_uint_eq(zend_memory_usage(true), CHUNK);
}
END_TEST

START_TEST(memory_in_use) {
        char *text;

        if (!start_at_rest())
                return;

        use_memory();
        text = estrdup("in use");
        php_heap_release();
        ck_assert_uint_ge(resident(), BLOCK / PAGE);
        ck_assert_str_eq(text, "in use");
        efree(text);
}
END_TEST

#if PHP_VERSION_ID < 80300
/* PHP clears it when a request begins. */
START_TEST(the_list_of_a_request) {
        uintptr_t begin, end;
        unsigned char state = 0;

        if (!start_at_rest())
                return;

        begin = ((uintptr_t) CG(map_ptr_real_base) + PAGE - 1) / PAGE * PAGE;
        end = ((uintptr_t) CG(map_ptr_real_base) + CG(map_ptr_last) * sizeof(void *)) / PAGE * PAGE;
        ck_assert_uint_lt(begin, end);
        memset((void *) begin, 'x', end - begin);
        php_heap_release();
        for (uintptr_t page = begin; page < end; page += PAGE) {
                ck_assert_int_eq(mincore((void *) page, PAGE, &state), 0);
                ck_assert_int_eq(state & 1, 0);
        }
        ck_assert_int_eq(*(char *) begin, 0);
}
END_TEST
#else
#define the_list_of_a_request memory_at_rest
#endif

UNIT_MAIN("php-heap", memory_at_rest, further_chunks, memory_in_use, the_list_of_a_request);
