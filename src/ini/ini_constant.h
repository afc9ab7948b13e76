/* SPDX-License-Identifier: MIT */
#pragma once
/* IniConstant: PHP 8's error levels by name; no other constant of PHP is a sensible value in a pool file. Pure.
 *
 * Runs in: any process. */

#include <stddef.h>

/* Returns the number that the name of that length stands for in that version of PHP (804: 8.4; 0: any before it), as
 * text, or NULL if it is no constant. */
const char *ini_constant(const char *name, size_t length, unsigned php);
