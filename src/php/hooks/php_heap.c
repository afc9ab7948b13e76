/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_heap.h"

#include <malloc.h>
#include <php.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zend_alloc_sizes.h>

enum {
        ROUNDS_MAX = 8,
        HEADER_SIZE = ZEND_MM_FIRST_PAGE * ZEND_MM_PAGE_SIZE,
};

static bool is_at_rest(void) {
        return is_zend_mm() && zend_memory_usage(false) == 0 &&
               !getenv("USE_ZEND_ALLOC_HUGE_PAGES");
}

/* Of the chunks behind the first one PHP keeps as many as the requests before have needed in the mean. The end of a
 * request that has needed none halves the mean. */
static void free_further_chunks(void) {
        for (unsigned i = 0; i < ROUNDS_MAX && zend_memory_usage(true) > ZEND_MM_CHUNK_SIZE; i++)
                shutdown_memory_manager(true, false);
}

/* Its first page says what there is, and stays. */
static void empty_first_chunk(void) {
        uintptr_t heap = (uintptr_t) zend_mm_get_heap(),
                  chunk = heap & ~((uintptr_t) ZEND_MM_CHUNK_SIZE - 1);

        if (heap - chunk < HEADER_SIZE)
                (void) madvise((void *) (chunk + HEADER_SIZE), ZEND_MM_CHUNK_SIZE - HEADER_SIZE,
                                MADV_DONTNEED);
}

/* What code keeps for the time of one request is found by a number in this list, all of which PHP clears when the next
 * one begins. From 8.3 on its functions have a list that stays. */
static void empty_request_list(void) {
#if PHP_VERSION_ID < 80300
        uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE),
                  begin = (uintptr_t) CG(map_ptr_real_base),
                  end = begin + CG(map_ptr_last) * sizeof(void *);

        begin = (begin + page - 1) / page * page;
        end = end / page * page;
        if (begin < end)
                (void) madvise((void *) begin, end - begin, MADV_DONTNEED);
#endif
}

void php_heap_release(void) {
        if (!is_at_rest())
                return;

        /* Also forgets free pieces, whose list is in the pages. */
        shutdown_memory_manager(true, false);
        free_further_chunks();
        empty_first_chunk();
        empty_request_list();
        (void) malloc_trim(0);
}
