/* SPDX-License-Identifier: MIT */
#pragma once
/* ScriptList: which scripts a generation had in use, for the one that follows: absolute paths, each with a NUL
 * behind it, the most used ones first.
 *
 * Runs in: zygote, in children of it. Trusts:  nobody. The other side runs as the same user; a path is a claim
 * until script_list_is_file(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        SCRIPT_LIST_MAX = 20000,         /* scripts */
        SCRIPT_LIST_BYTES_MAX = 4 << 20, /* of the whole list */
};

typedef struct ScriptUse {
        const char *path; /* borrowed */
        int64_t n_uses, last_sec;
} ScriptUse;

/* Sorts the scripts, and writes those to fd that were used, or that got in within the ten minutes before now_sec: what
 * was only compiled beforehand, and never asked for since, is forgotten. Not so what opcache has read from a folder:
 * it counts that as a use. Returns 0 or a negative errno. */
int script_list_write(int fd, ScriptUse *uses, size_t n, int64_t now_sec);

/* Reads a list up to its end, but not after until_usec of CLOCK_MONOTONIC. The caller frees *ret, in which each
 * path is terminated. Returns 0, also for a list that was cut, or a negative errno. */
int script_list_read(int fd, uint64_t until_usec, char **ret, size_t *ret_size);

/* Returns the next path of the list, after *position, which begins with 0; NULL: there is none. What is no
 * absolute path is passed over. */
const char *script_list_next(const char *list, size_t size, size_t *position);

/* Returns whether path leads to a regular file, and not over a link: opening another kind, such as a pipe, could
 * take for ever. */
bool script_list_is_file(const char *path);
