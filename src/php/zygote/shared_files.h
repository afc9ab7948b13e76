/* SPDX-License-Identifier: MIT */
#pragma once
/* SharedFiles: whether a process has, since a certain moment, begun with something that its children must not share: a
 * connection, on which they would read each other's answers; a pipe, an eventfd; a file with a place in it, or with
 * locks; a thread, which they would not have.
 *
 * Runs in: zygote. */

#include <stdint.h>
#include <sys/types.h>

enum {
        SHARED_FILES_MAX = 1024,
};

typedef struct SharedFiles {
        uint64_t known[SHARED_FILES_MAX / 64]; /* a bit for each descriptor that was open */
        int proc_fd;
        dev_t device; /* of the file that may be open */
        ino_t inode;
} SharedFiles;

/* Notes what is open now. proc_fd: of /proc, borrowed. script: the file that PHP runs, and reads no more. Returns 0 or
 * a negative errno. */
int shared_files_note(SharedFiles *files, int proc_fd, const char *script);

enum {
        SHARED_FILES_WHY_MAX = 160,
};

/* Returns 0: there is nothing new that may not be shared; -EBUSY: there is, ret_why says what, for people; or another
 * negative errno: it cannot be told, and so may not be taken for nothing. */
int shared_files_check(const SharedFiles *files, char ret_why[SHARED_FILES_WHY_MAX]);
