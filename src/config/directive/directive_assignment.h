/* SPDX-License-Identifier: MIT */
#pragma once
/* Assignment: one value of a pool file on its way into one field of PoolConfig. Pure.
 *
 * Runs in: any process. */

#include <stdint.h>

#include "base/cleanup.h"
#include "config/directive/directive.h"

typedef struct Assignment {
        const Directive *directive;
        const DirectiveValue *value;
        void *field; /* NULL: the value is only checked */
        char *why;   /* of DIRECTIVE_WHY_MAX bytes, for what would be right */
} Assignment;

/* Write what is wrong into a->why. The second one writes "'VALUE' WHAT", with the value as the file has it: a bare
 * "off" is an empty text by now. Both return -EINVAL. */
_printf_(2, 3) int assignment_refuse(const Assignment *a, const char *format, ...);
int assignment_refuse_value(const Assignment *a, const char *what);

/* Stores number in a field of STORAGE_UNSIGNED. */
void assignment_put_unsigned(const Assignment *a, uint64_t number);

/* Store a copy of the value's text in a field of STORAGE_STRING; an empty text stays one, or becomes NULL. Return 0 or
 * -ENOMEM. */
int assignment_put_text(const Assignment *a);
int assignment_put_text_or_none(const Assignment *a);

/* Appends sub (NULL: none) and text to a field of STORAGE_LIST, which copies both. Returns 0 or -ENOMEM. */
int assignment_put_setting(const Assignment *a, const char *sub, const char *text);
