/* SPDX-License-Identifier: MIT */
#pragma once
/* FileWatch: tells when one of some files has changed in its content: a file that is written anew with the same content
 * has not changed. Changes that follow each other closely are one.
 *
 * A file is also watched by its folders, since it has no part in it when one of them is moved, and by symbolic links in
 * their place. One that is gone is looked for again.
 *
 * Runs in: zygote.     Owns: an fd of inotify.
 * Trusts:  nobody. Files are opened with the rights of the pool's user, and only regular ones are read. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct FileWatch FileWatch;

/* Makes a watch of no file. Returns 0 or a negative errno: the user may have as many watches as
 * fs.inotify.max_user_instances says. */
int file_watch_new(FileWatch **ret);
FileWatch *file_watch_free(FileWatch *watch);
DEFINE_CLEANUP(FileWatch, file_watch_free);

/* Returns the fd that becomes readable when something happens; it stays the watch's. */
int file_watch_fd(const FileWatch *watch);

/* Watches the file with this absolute path, once. content_sum is the sum (base/sum.h) of what was in it when it was
 * used: if that is not in it now, it has changed. 0: nobody knows, and what is in it now counts. Returns 0 or a
 * negative errno: -ENOSPC when there are too many, or the user may not watch more files (fs.inotify.max_user_watches),
 * which is tried again later. */
int file_watch_add(FileWatch *watch, const char *path, uint64_t content_sum, uint64_t now_usec);

/* Watches the folders and the symbolic links on the way to this absolute path, of which a deployment changes one.
 * Returns as file_watch_add(). */
int file_watch_add_way(FileWatch *watch, const char *path, uint64_t now_usec);

/* Reads what has happened, and notes which files may have changed: as much as there is time for at once. The rest
 * leaves the fd readable. */
void file_watch_read(FileWatch *watch, uint64_t now_usec);

/* Returns when file_watch_settle() is to be called, by CLOCK_MONOTONIC, or 0 when there is nothing to look at. */
uint64_t file_watch_due_usec(const FileWatch *watch);

/* Compares the files to which something has happened, if it is time, with what was in them. Returns the path of one
 * that has changed, borrowed, or NULL. *ret_which is the same for the same files. */
const char *file_watch_settle(FileWatch *watch, uint64_t now_usec, uint64_t *ret_which);
