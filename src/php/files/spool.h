/* SPDX-License-Identifier: MIT */
#pragma once
/* Spool: bytes that are appended and read again at any place, through a window on a file. There is a file only when
 * the window does not hold all, and a system call only for a whole window.
 *
 * Runs in: worker.     Owns: the file. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
        SPOOL_WINDOW = 128 * 1024,
};

typedef struct Spool {
        int (*open_file)(void); /* a new file to read and write, or negative errno */
        int fd;                 /* -EBADF: none yet */
        off_t size;

        /* Of the bytes from start; what is dirty is not in the file. */
        off_t start;
        size_t used;
        bool dirty;
        char window[SPOOL_WINDOW];
} Spool;

/* Empty, and without a file. */
void spool_reset(Spool *spool);

/* Where the next bytes go, and how many: at least one; spool_grow() says how many came. 0 or negative errno. */
int spool_make_room(Spool *spool, char **ret, size_t *ret_size);
void spool_grow(Spool *spool, size_t size);

/* All of it, or negative errno. */
int spool_append(Spool *spool, const char *data, size_t size);

/* Bytes, fewer at the end; or negative errno. */
ssize_t spool_read(Spool *spool, off_t position, char *data, size_t size);

/* To at most what it has. */
void spool_cut(Spool *spool, off_t size);
