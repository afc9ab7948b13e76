/* SPDX-License-Identifier: MIT */
#pragma once
/* Spool: bytes that are appended and read again at any place, through a window on a file. A file is made only when the
 * window cannot hold all bytes, and a system call is made only for a whole window.
 *
 * Runs in: worker.     Owns: the file, not the window. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
        SPOOL_WINDOW = 128 * 1024,
};

typedef struct Spool {
        int (*open_file)(void); /* returns a new file to read and write, or a negative errno */
        int fd;                 /* -EBADF: none yet */
        off_t size;

        /* The bytes from start on; dirty means that the file does not have them yet. */
        off_t start;
        size_t used;
        bool dirty;
        char *window; /* SPOOL_WINDOW bytes */
} Spool;

/* Makes it empty and closes the file. */
void spool_reset(Spool *spool);

/* Finds room for the next bytes, at least one; spool_grow() then says how many were written there. Returns 0 or a
 * negative errno. */
int spool_make_room(Spool *spool, char **ret, size_t *ret_size);
void spool_grow(Spool *spool, size_t size);

/* Appends all bytes. Returns 0 or a negative errno. */
int spool_append(Spool *spool, const char *data, size_t size);

/* Reads at a position. Returns how many bytes were read, fewer at the end, or a negative errno. */
ssize_t spool_read(Spool *spool, off_t position, char *data, size_t size);

/* Cuts it to size, which is at most what it has. */
void spool_cut(Spool *spool, off_t size);
