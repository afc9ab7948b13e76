/* SPDX-License-Identifier: MIT */
#pragma once
/* DirectiveNumbers: the values that are numbers, or words for numbers: times, sizes, modes, limits, levels. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include "config/directive/directive_assignment.h"

/* Each of these checks that the text of the assignment is a value of the DirectiveType that it is called after, and in
 * the range of the row, and stores the number. Returns 0, or -EINVAL with what would be right in a->why. */
int directive_set_bool(const Assignment *a);
int directive_set_int(const Assignment *a);
int directive_set_uint(const Assignment *a);
int directive_set_count(const Assignment *a);
int directive_set_usec(const Assignment *a);
int directive_set_bytes(const Assignment *a);
int directive_set_mode(const Assignment *a);
int directive_set_limit(const Assignment *a);
int directive_set_pm(const Assignment *a);
int directive_set_level(const Assignment *a);
