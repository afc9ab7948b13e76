/* SPDX-License-Identifier: MIT */
#pragma once
/* Syntax: whether a text is what some directives ask for. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include <stdbool.h>

/* Returns whether text can be the name of a user or group: no more than what can stand in a unit, an ACL and
 * /etc/passwd without being something else there. The characters of also are allowed as well. */
bool syntax_is_name(const char *text, const char *also);

/* Returns whether text is the path of a page: it starts with / and holds letters, digits and / _ - . ~ */
bool syntax_is_uri(const char *text);

/* Returns whether text has a byte below the blank, or DEL. */
bool syntax_has_control_byte(const char *text);
