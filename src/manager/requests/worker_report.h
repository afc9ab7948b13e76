/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerReport: logs how a process of the pool ended, in one line.
 *
 * Runs in: manager. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "contract/scoreboard.h"

/* Returns whether a wait status is that of a process that failed or was killed. */
bool worker_exit_is_bad(int wait_status);

/* Returns whether a wait status points at broken memory: SIGSEGV or SIGBUS, as php-fpm counts. */
bool worker_exit_is_crash(int wait_status);

typedef struct WorkerExit {
        unsigned slot;
        pid_t pid; /* for display */
        int wait_status;
        uint64_t lived_usec;

        /* If the manager has ended its request: why, after how long, and its stack (may be NULL). */
        const char *cause, *seconds, *stack;
        const char *why_no_stack; /* NULL: not to be mentioned */
} WorkerExit;

/* Logs the end of a worker, a bad one with the request that it had as far as the scoreboard shows it. */
void worker_report_exit(Scoreboard *board, const WorkerExit *exit);

/* Logs the end of a zygote; as an error unless it was expected. */
void worker_report_zygote_exit(unsigned generation, const siginfo_t *si, bool expected);
