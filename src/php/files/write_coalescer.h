/* SPDX-License-Identifier: MIT */
#pragma once
/* HeldWrites: pieces of one file, held back to be written together.
 *
 * For who writes a file in pieces of the same size and a shorter one at its end: the first piece and a shorter
 * one are written at once, with what was held before them. So a file of one piece costs one write(), and its end
 * is written, or has failed, when held_writes_put() returns; unless it has the size of those before.
 *
 * Runs in: worker.     Owns: nothing. */

#include <stddef.h>

/* Beyond, a write() to a tmpfs costs no less for a byte. */
enum {
        HELD_WRITES_SIZE = 128 * 1024,
};

typedef struct HeldWrites {
        size_t used; /* bytes that are held */
        size_t last; /* size of the last piece, 0: there was none */
        char bytes[HELD_WRITES_SIZE];
} HeldWrites;

/* For the next file. What is held is dropped. */
void held_writes_reset(HeldWrites *held);

/* 0, or what write() has failed with; then all that was held is lost. */
int held_writes_put(HeldWrites *held, int fd, const void *piece, size_t size);
int held_writes_flush(HeldWrites *held, int fd);
