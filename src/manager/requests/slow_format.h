/* SPDX-License-Identifier: MIT */
#pragma once
/* SlowFormat: a stack as people read it, and an entry of the slow log's file as php-fpm writes it.
 *
 * Runs in: manager. Pure. */

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Makes a new string of the stack that a TraceHook has got, without the address at the start of each line. Returns NULL
 * when memory is short. */
char *slow_format_stack(const char *stack);

typedef struct SlowEntry {
        const char *pool, *script;
        pid_t pid;
        const char *stack; /* of a TraceHook */
        int error;         /* of it */
} SlowEntry;

/* Makes a new string with exactly what php-fpm writes and programs parse: without our line "at FILE:LINE", and without
 * the script itself, {main}, unless there is nothing else. Returns NULL when memory is short. */
char *slow_format_file(const SlowEntry *entry, const struct tm *at);
