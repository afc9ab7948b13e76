/* SPDX-License-Identifier: MIT */
#pragma once
/* WriteCoalescer: pieces of one file, held back to be written together.
 *
 * For who writes a file in pieces of the same size and a shorter one at its end: the first piece and a shorter
 * one are written at once, with what was held before them. So a file of one piece costs one write(), and its end
 * is written, or has failed, when write_coalescer_put() returns; unless it has the size of those before.
 *
 * Runs in: worker.     Owns: nothing. */

#include <stddef.h>

/* Beyond, a write() to a tmpfs costs no less for a byte. */
enum {
        WRITE_COALESCER_SIZE = 128 * 1024,
};

typedef struct WriteCoalescer {
        size_t used; /* bytes that are held */
        size_t last; /* size of the last piece, 0: there was none */
        char bytes[WRITE_COALESCER_SIZE];
} WriteCoalescer;

/* For the next file. What is held is dropped. */
void write_coalescer_reset(WriteCoalescer *held);

/* 0, or what write() has failed with; then all that was held is lost. */
int write_coalescer_put(WriteCoalescer *held, int fd, const void *piece, size_t size);
int write_coalescer_flush(WriteCoalescer *held, int fd);
