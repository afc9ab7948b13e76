/* SPDX-License-Identifier: MIT */
#pragma once
/* WatchedFiles: the files, folders and links of a FileWatch, found by their path.
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
        int wd; /* negative: it is gone, or cannot be watched */
        WatchedKind kind;
        bool has_event;
} WatchedFile;

/* Embedded in its owner, all zero at first. */
typedef struct WatchedFiles {
        size_t n, n_allocated;
        WatchedFile *items;
        uint32_t *places; /* two for each file that has room: 0, or one more than where it is */
} WatchedFiles;

void watched_files_done(WatchedFiles *files);

/* Returns whether the path is one of them. A file that a link leads to is another than the link. */
bool watched_files_has(const WatchedFiles *files, const char *path, WatchedKind kind);

/* Adds a path that is none of them, with no descriptor. Returns 0 or a negative errno: -ENOSPC when there are too many.
 * *ret is good until another is added. */
int watched_files_add(WatchedFiles *files, const char *path, WatchedKind kind, WatchedFile **ret);
