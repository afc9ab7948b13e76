/* SPDX-License-Identifier: MIT */
#pragma once
/* File: texts and names of files.
 *
 * Runs in: fpmctl, as root. */

#include <jansson.h>
#include <sys/types.h>

/* Returns the text of a file, which the caller frees, or NULL with errno if it cannot be read. */
char *migrate_file_read(const char *path);

/* Returns a text as JSON, also one that is not UTF-8, as a comment of long ago may be; NULL without memory. */
json_t *migrate_file_to_json(const char *text);

/* Returns the text of what migrate_file_to_json() has made, which the caller frees, or NULL. */
char *migrate_file_from_json(const json_t *json);

/* Returns the permissions that a copy of a file may have: 0644, without what the file does not have for all. */
mode_t migrate_file_mode(const char *path);

/* Returns FOLDER/NAME, which the caller frees, or NULL without memory. */
char *migrate_file_path(const char *folder, const char *name);

/* Renames a file to PATH.SUFFIX, or where something has that name to PATH.SUFFIX.2, PATH.SUFFIX.3 …: what was put away
 * before stays. Returns 0 and the new name, which the caller frees, or a negative errno. */
int migrate_file_put_away(const char *path, const char *suffix, char **ret);

/* Waits until what was written to the file system of the folder is on its disk. Returns 0 or a negative errno. */
int migrate_file_sync(const char *folder);
