/* SPDX-License-Identifier: MIT */
#pragma once
/* File: files that are whole or not there.
 *
 * Runs in: fpmctl, as root. */

#include <sys/types.h>

/* Writes text to path, by rename. Returns 0 or a negative errno. */
int migrate_file_write(const char *path, const char *text, mode_t mode);

/* The text of a file; NULL with errno: it cannot be read. The caller frees. */
char *migrate_file_read(const char *path);
