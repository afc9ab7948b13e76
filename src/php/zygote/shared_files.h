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

/* Notes what is open now. proc_fd is of /proc and borrowed; script is the file that PHP runs, and does not read again.
 * Returns 0 or a negative errno. */
int shared_files_note(SharedFiles *files, int proc_fd, const char *script);

enum {
        SHARED_FILES_WHY_MAX = 160,
};

/* Checks whether the process has something new that must not be shared. Returns 0 if not, -EBUSY if so, with what it
 * is in ret_why, for people, or another negative errno when that cannot be told; the caller must not take that for a
 * no. */
int shared_files_check(const SharedFiles *files, char ret_why[SHARED_FILES_WHY_MAX]);
