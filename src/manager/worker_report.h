/* SPDX-License-Identifier: MIT */
#pragma once
/* Worker report: how a process of the pool ended, told in one line.
 *
 * Runs in: manager. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/scoreboard.h"

/* Whether a wait status is not that of a worker that left by itself. */
bool worker_exit_is_bad(int wait_status);

/* Whether it is one that points at broken memory (php-fpm counts the same two signals). */
bool worker_exit_is_crash(int wait_status);

/* Logs it: a bad end with the request that it happened in, as far as the scoreboard tells. pid is
 * for display. cause: why it was us who ended it, or NULL. */
void worker_report_exit(Scoreboard *board, unsigned slot, pid_t pid, int wait_status,
                uint64_t lived_usec, const char *cause);

void worker_report_zygote_exit(unsigned generation, const siginfo_t *si, bool expected);
