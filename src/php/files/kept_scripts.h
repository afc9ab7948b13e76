/* SPDX-License-Identifier: MIT */
#pragma once
/* KeptScripts: which scripts a pool had in use when it left, in the folder of what it has compiled: ID.scripts beside
 * ID, the folder of this PHP. A line is an absolute path, in the order in which they were compiled, which is that in
 * which the first request asked for them.
 *
 * Runs in: zygote, in children of it. Trusts:  nobody. Scripts can write there: a path is a claim until
 * script_list_is_file(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "php/files/script_list.h"

/* A start with fewer scripts is not worth a process that reads them ahead. */
enum {
        KEPT_SCRIPTS_MIN = 16,
};

typedef struct KeptScripts {
        const char *folder; /* of opcache.file_cache */
        const char *id;     /* of this PHP, as opcache names its folder there */

        /* For each script of the list, by its place: it was read ahead, so that only its uses count. Has
         * SCRIPT_LIST_MAX, and is shared by the pool's processes. NULL: none was. */
        unsigned char *is_ahead;
        uint64_t list_sum; /* of that list: the folder may have another one since */
} KeptScripts;

/* Reads the list; script_list_next() goes through it. The caller frees *ret. Returns 0, -ENOENT when there is none, or
 * another negative errno. */
int kept_scripts_read(const KeptScripts *kept, char **ret, size_t *ret_size);

/* Returns a number that another list has not. Pure. */
uint64_t kept_scripts_sum(const char *list, size_t size);

/* Writes those of which something compiled is there in the place of the list from before, but for those that were read
 * ahead and that nobody has asked for: the first ones, as far as a list can have them. Does nothing when that is what
 * the list says, or when nobody has asked for anything. Where a few were asked for, there is no list: the last visit
 * is the best guess at the next one, and reading the scripts of one before that again costs more than it would spare.
 * Returns how many it has, or a negative errno. */
int kept_scripts_write(const KeptScripts *kept, const ScriptUse *uses, size_t n);

/* Returns whether something compiled of the script at path is there. */
bool kept_scripts_has_compiled(const KeptScripts *kept, const char *path);
