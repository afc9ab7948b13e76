/* SPDX-License-Identifier: MIT */
#pragma once
/* Processes: those of php-fpm's unit, also when their master is dead.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct ProcessList {
        pid_t *pids;
        size_t n_pids;
} ProcessList;

/* Reads which processes of the unit run php-fpm's program now. What cannot be read is left out. The caller frees the
 * list with process_list_done(). */
void process_list_php_fpm(ProcessList *ret, const char *unit);

/* Returns whether one of the processes still lives. */
bool process_list_lives(const ProcessList *list);
void process_list_done(ProcessList *list);
