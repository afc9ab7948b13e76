/* SPDX-License-Identifier: MIT */
#pragma once
/* Validation: the check of one PoolConfig after all of its lines are read: what it reports, and the rules that fill
 * files of their own. pool_config_validate.c has the list of all rules.
 *
 * Runs in: any process. */

#include <stdbool.h>

#include "config/pool_config_internal.h"

typedef struct Validation {
        PoolConfig *config;
        ConfigReporter *reporter;
        bool all_understood; /* for each line it is known which directive it sets */
} Validation;

/* Reports a message about a directive, with the place where the directive is given. A priority of LOG_ERR marks the
 * value as wrong, so that no further rule reads it. */
_printf_(4, 5) void validation_report(
                const Validation *v, int priority, const char *directive, const char *format, ...);

/* Reports it with LOG_ERR, which refuses the file. Returns -EINVAL. */
_printf_(3, 4) int validation_refuse(
                const Validation *v, const char *directive, const char *format, ...);

/* Refuses the file because a directive is missing. Nothing is reported where a line was not understood, since that may
 * be the one. Returns -EINVAL. */
_printf_(3, 4) int validation_refuse_without(
                const Validation *v, const char *directive, const char *format, ...);

/* Returns whether a line gives the directive. */
bool validation_is_given(const Validation *v, const char *directive);

/* Check pm with the numbers of workers that it needs, and fill in the numbers that follow from others. Return 0, or
 * -EINVAL after a report. */
int validation_check_pm(const Validation *v);
int validation_check_spawn_rate(const Validation *v);
int validation_check_idle_timeout(const Validation *v);

/* Lowers the numbers of workers to process.max of [global], with a report. php-fpm counts the workers of all pools
 * together; here a pool knows of itself alone. */
void validation_cap_workers(const Validation *v);

/* Fills in what a pool does after a quiet time, where its file does not say it. */
void validation_settle_idle(const Validation *v);

/* Checks the addresses of listen and pm.status_listen, and makes their paths absolute. Returns 0, -ENOMEM, or -EINVAL
 * after a report. */
int validation_check_listen(const Validation *v);

/* Reports directives of listen.* that have no effect beside others. php-fpm passes over them in silence. */
void validation_warn_listen(const Validation *v);
