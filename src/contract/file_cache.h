/* SPDX-License-Identifier: MIT */
#pragma once
/* FileCache: the folder in which opcache keeps what it has compiled, for the next start: ID/PATH/OF/SCRIPT.php.bin, one
 * ID for each PHP with its extensions and settings.
 *
 * Runs in: zygote, worker, and helpers of the manager; with the rights of the pool's user, to whom the folder belongs.
 * The pool's scripts can write there, too: nothing in it is believed but by opcache, in a worker. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        FILE_CACHE_FILES_MAX = 50000, /* a folder with more is not used at a start */
        FILE_CACHE_SEEN_FACTOR = 8,   /* as many times more are looked at while the pool runs */
};

/* Opens the folder at path, if it can be used: it is one, not a link, of this owner, closed to others, and its file
 * system has room. Returns the fd, or a negative errno: -EXDEV of somebody else, -ENOSPC full. */
int file_cache_open(const char *path, uid_t owner);

typedef struct FileCacheRules {
        uint64_t bytes_max;
        unsigned files_max; /* FILE_CACHE_FILES_MAX */
        bool is_all_stale;  /* nothing is to stay */

        /* opcache will not look at the time of scripts: what lies in a folder that has changed counts as changed. */
        bool never_validated;

        /* The pool runs, nobody waits for the end: more files are looked at, and what is too much is deleted. */
        bool runs;
} FileCacheRules;

/* Deletes what is older than its script, or whose script is gone; then the files that were not used for longest until
 * the rest is below bytes_max and files_max. Returns how many files have stayed, or a negative errno: -E2BIG too many
 * to look at. */
int file_cache_tidy(int fd, const FileCacheRules *rules);
