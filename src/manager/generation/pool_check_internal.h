/* SPDX-License-Identifier: MIT */
#pragma once
/* What pool_check.c (what this machine must have) and pool_check_load.c (which pool) share with each other and with
 * nobody else.
 *
 * Runs in: manager. */

#include "manager/generation/pool_check.h"

typedef struct Check {
        const PoolConfig *config;
        const PoolCheck *what;
        PoolCheckAs as;
        PoolCheckReport report;
        void *userdata;
} Check;

/* Reports a mistake of the file, or logs a warning. This is a ConfigReport whose userdata is a Check. */
void pool_check_report_line(void *userdata, int priority, const char *line);

/* Checks whether this machine has what the pool names, and reports each thing that it lacks. Returns 0 or the first
 * negative errno. */
int pool_check_machine(const Check *check);
