/* SPDX-License-Identifier: MIT */
#pragma once
/* Worker report: how a process of the pool ended, told in one line.
 *
 * Runs in: manager. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "contract/scoreboard.h"

/* Whether a wait status is not that of a worker that left by itself. */
bool worker_exit_is_bad(int wait_status);

/* Whether it is one that points at broken memory (php-fpm counts the same two signals). */
bool worker_exit_is_crash(int wait_status);

typedef struct WorkerExit {
        unsigned slot;
        pid_t pid; /* for display */
        int wait_status;
        uint64_t lived_usec;

        /* When it was us who ended its request: why, for how long it had run, what it did (may be NULL). */
        const char *cause, *seconds, *stack;
        const char *why_no_stack; /* NULL: not worth a word */
} WorkerExit;

/* Logs it: a bad end with the request that it happened in, as far as the scoreboard tells. */
void worker_report_exit(Scoreboard *board, const WorkerExit *exit);

void worker_report_zygote_exit(unsigned generation, const siginfo_t *si, bool expected);
