/* SPDX-License-Identifier: MIT */
#pragma once
/* Syntax: whether a text is what some directives ask for. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include <stdbool.h>
#include <stddef.h>

/* Returns whether text can be the name of a user or group: no more than what can stand in a unit, an ACL and
 * /etc/passwd without being something else there. The characters of also are allowed as well. */
bool syntax_is_name(const char *text, const char *also);

/* Moves *list to the next name of a list of names with commas or blanks between them. Returns its length, behind which
 * the caller goes on, or 0 when there is no further name. A list of NULL is empty. */
size_t syntax_next_name(const char **list);

/* Returns whether text is the path of a page: it starts with / and holds letters, digits and / _ - . ~ */
bool syntax_is_uri(const char *text);

/* Returns whether text has a byte below the blank, or DEL. */
bool syntax_has_control_byte(const char *text);
