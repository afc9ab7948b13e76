/* SPDX-License-Identifier: MIT */
#pragma once
/* IncludeLists: which files an include line has led to, and which of them are one other pool's alone.
 *
 * A file may include a folder of hundreds of pools. Whoever loads them one after the other would look through that
 * folder and read all of its files for each of them.
 *
 * Runs in: any process. */

#include <stdbool.h>
#include <stddef.h>

typedef struct IncludedFile {
        char *path;
        /* The pool whose section is all that stands in the file. NULL: there is more, or the file must be read to tell
         * what is wrong with it. */
        char *sole_pool;
} IncludedFile;

typedef struct IncludeList {
        char *pattern; /* absolute, or as the including file has its own name */
        IncludedFile *files;
        size_t n_files;
} IncludeList;

typedef struct IncludeLists {
        IncludeList *items;
        size_t n_items;
} IncludeLists;

/* Adds a list with copies of the paths; each sole_pool is NULL. The list stays theirs until the next call. Returns 0 or
 * -ENOMEM. */
int include_lists_add(IncludeLists *lists, const char *pattern, char **paths, size_t n_paths,
                IncludeList **ret);

/* Returns the list of a pattern, or NULL if there is none. lists may be NULL. */
IncludeList *include_lists_find(const IncludeLists *lists, const char *pattern);

/* Returns whether the file says nothing about the pool of that name. */
bool included_file_is_of_others(const IncludedFile *file, const char *pool);

void include_lists_done(IncludeLists *lists);
