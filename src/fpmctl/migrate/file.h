/* SPDX-License-Identifier: MIT */
#pragma once
/* File: files that are whole or not there.
 *
 * Runs in: fpmctl, as root. */

#include <sys/types.h>

/* Writes text to path, by rename, so that the file is never there in part. Returns 0 or a negative errno. */
int migrate_file_write(const char *path, const char *text, mode_t mode);

/* Returns the text of a file, which the caller frees, or NULL with errno if it cannot be read. */
char *migrate_file_read(const char *path);

/* Returns FOLDER/NAME, which the caller frees, or NULL without memory. */
char *migrate_file_path(const char *folder, const char *name);
