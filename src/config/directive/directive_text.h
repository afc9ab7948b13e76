/* SPDX-License-Identifier: MIT */
#pragma once
/* DirectiveText: a value as a pool file would have it, and what values are allowed. Pure.
 *
 * Runs in: any process. */

#include "config/directive/directive.h"

/* Writes the value of a directive that is no list as text that directive_set() would read as the same value; *ret is
 * NULL where config has none. The caller frees *ret. Returns 0 or -ENOMEM. */
int directive_text(const Directive *directive, const PoolConfig *config, char **ret);

/* Writes which values are allowed: "1 to 4096", "at least 0", "auto, static, dynamic, ondemand"; *ret is NULL where the
 * type alone says it. The caller frees *ret. Returns 0 or -ENOMEM. */
int directive_range(const Directive *directive, char **ret);
