/* SPDX-License-Identifier: MIT */
#pragma once
/* FileWatch: tells when one of some files has changed in its content: a file that is written anew with the same content
 * has not changed. Changes that follow each other closely are one.
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

/* Watches the file with this absolute path, once; or the symbolic links on the way to it, of which a deployment
 * changes one. Returns 0 or a negative errno. */
int file_watch_add(FileWatch *watch, const char *path);
int file_watch_add_links(FileWatch *watch, const char *path);

/* Reads what has happened, and notes which files may have changed. */
void file_watch_read(FileWatch *watch, uint64_t now_usec);

/* Returns when file_watch_settle() is to be called, by CLOCK_MONOTONIC, or 0 when nothing has happened. */
uint64_t file_watch_due_usec(const FileWatch *watch);

/* Compares the files to which something has happened with what was in them. Returns the path of one that has changed,
 * borrowed, or NULL. */
const char *file_watch_settle(FileWatch *watch);
