/* SPDX-License-Identifier: MIT */
#pragma once
/* File: texts and names of files.
 *
 * Runs in: fpmctl, as root. */

/* Returns the text of a file, which the caller frees, or NULL with errno if it cannot be read. */
char *migrate_file_read(const char *path);

/* Returns FOLDER/NAME, which the caller frees, or NULL without memory. */
char *migrate_file_path(const char *folder, const char *name);

/* Waits until what was written to the file system of the folder is on its disk. Returns 0 or a negative errno. */
int migrate_file_sync(const char *folder);
