/* SPDX-License-Identifier: MIT */
#pragma once
/* A sum over bytes, by which to see that something is another: FNV-1a. Whoever makes the bytes can make others with
 * the same sum. */

#include <stddef.h>
#include <stdint.h>

/* Of a file no more is looked at. */
#define SUM_FILE_BYTES_MAX ((size_t) 4 << 20)

#define SUM_OF_NOTHING UINT64_C(0xcbf29ce484222325)

/* Returns the sum with these bytes behind those that it is of. */
static inline uint64_t sum_add(uint64_t sum, const void *data, size_t size) {
        const unsigned char *bytes = data;

        for (size_t i = 0; i < size; i++)
                sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);

        return sum;
}

static inline uint64_t sum_of(const void *data, size_t size) {
        return sum_add(SUM_OF_NOTHING, data, size);
}

/* Returns the sum of what is in a file, of its first SUM_FILE_BYTES_MAX, or 0 if there is no regular one that can be
 * read. */
uint64_t sum_of_file(const char *path);
