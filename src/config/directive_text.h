/* SPDX-License-Identifier: MIT */
#pragma once
/* Directive text: a value as a pool file would have it, and what may stand there. Pure.
 *
 * Runs in: any process. */

#include "config/directive.h"

/* The value in config of a directive that is no list: text that directive_set() takes for the same value.
 * *ret is NULL where there is none; the caller frees. 0 or -ENOMEM. */
int directive_text(const Directive *directive, const PoolConfig *config, char **ret);

/* "1 to 4096", "at least 0", "auto, static, dynamic, ondemand"; NULL: what its type allows. The caller frees. 0 or
 * -ENOMEM. */
int directive_range(const Directive *directive, char **ret);
