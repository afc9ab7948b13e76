/* SPDX-License-Identifier: MIT */
#pragma once
/* WatchedFiles: the files, folders and links of a FileWatch, found by their path and by inotify's descriptor.
 *
 * Runs in: zygote. Opens and reads nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum WatchedKind {
        WATCHED_FILE,
        WATCHED_LINK,
        WATCHED_FOLDER,
} WatchedKind;

typedef struct WatchedFile {
        char *path;
        uint64_t path_sum, content_sum;
        int wd;                      /* negative: it is gone, or cannot be watched */
        uint32_t parent, next_of_wd; /* numbers, 0: none */
        WatchedKind kind;
        bool has_event;
} WatchedFile;

/* Embedded in its owner, all zero at first. The number of a file is one more than its index in items. */
typedef struct WatchedFiles {
        size_t n, n_allocated;
        WatchedFile *items;
        uint32_t *by_path; /* two for each file that has room: its number, or 0 */
        uint32_t *by_wd;   /* one for each: the number of the first of some, or 0 */
} WatchedFiles;

void watched_files_done(WatchedFiles *files);

/* Returns whether the path is one of them. A file that a link leads to is another than the link. */
bool watched_files_has(const WatchedFiles *files, const char *path, WatchedKind kind);

/* Adds a path that is none of them, with no descriptor. Its parent is the link of the same path, or else the folder
 * that it is in, if that was added before. Returns 0 or a negative errno: -ENOSPC when there are too many. *ret is
 * good until another is added. */
int watched_files_add(WatchedFiles *files, const char *path, WatchedKind kind, WatchedFile **ret);

/* Gives the file another descriptor, which others may have, too: hard links have one. Negative: none. */
void watched_files_set_wd(WatchedFiles *files, WatchedFile *file, int wd);

/* Returns the first file with this descriptor, or the next one after that which was returned before, or NULL. */
WatchedFile *watched_files_of_wd(const WatchedFiles *files, int wd, const WatchedFile *former);

/* What happens to a folder or a link happens to all that is reached through it. */
void watched_files_pass_events_down(WatchedFiles *files);
