/* SPDX-License-Identifier: MIT */
#pragma once
/* WriteCoalescer: holds pieces of one file back, to write them together.
 *
 * It is for files that come in pieces of the same size with a shorter one at the end: the first piece and a shorter one
 * are written at once, with what was held before them. So a file of one piece costs one write(), and the end of a file
 * is written, or has failed, when write_coalescer_put() returns, unless the last piece has the size of those before.
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

/* Prepares for the next file, and drops what is held. */
void write_coalescer_reset(WriteCoalescer *held);

/* Take a piece; write what is held. Return 0, or the negative errno of write(), after which all that was held is
 * lost. */
int write_coalescer_put(WriteCoalescer *held, int fd, const void *piece, size_t size);
int write_coalescer_flush(WriteCoalescer *held, int fd);
