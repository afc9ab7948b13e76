/* SPDX-License-Identifier: MIT */
/* Proves that such memory is zeros, takes no page before it is used, and none after it was given back. */

#include "base/pages.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#define SIZE ((size_t) 300 * 1024)

static void are_zeros(const char *bytes) {
        for (size_t i = 0; i < SIZE; i++)
                ck_assert_int_eq(bytes[i], 0);
}

#ifdef __SANITIZE_ADDRESS__
static void has_pages(void *bytes, size_t n) {
        (void) bytes;
        (void) n;
}
#else
/* The first n pages, and no other. */
static void has_pages(void *bytes, size_t n) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE), n_all = (SIZE + page - 1) / page;
        unsigned char pages[SIZE / 1024];

        ck_assert_int_eq(mincore(bytes, SIZE, pages), 0);
        for (size_t i = 0; i < n_all; i++)
                ck_assert_int_eq(pages[i] & 1, i < n);
}
#endif

START_TEST(what_is_given_back) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE);
        char *bytes = pages_new(SIZE);

        ck_assert_ptr_nonnull(bytes);
        has_pages(bytes, 0);
        memset(bytes, 'x', 2 * page);
        has_pages(bytes, 2);
        pages_release(bytes, SIZE);
        has_pages(bytes, 0);
        are_zeros(bytes);
        bytes[SIZE - 1] = 'x';
        pages_free(bytes, SIZE);
}
END_TEST

START_TEST(nothing) {
        pages_free(NULL, SIZE);
#ifndef __SANITIZE_ADDRESS__
        ck_assert_ptr_null(pages_new(SIZE_MAX / 2));
#endif
}
END_TEST

UNIT_MAIN("pages", what_is_given_back, nothing);
