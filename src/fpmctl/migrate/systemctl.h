/* SPDX-License-Identifier: MIT */
#pragma once
/* Systemctl: what fpmctl asks of systemd when pools are moved or removed, by the program that administrators know.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>

/* Runs systemctl with these words, the last of which is followed by NULL. Returns 0, -EIO when its exit status is not
 * 0, after a line on standard error with what it said, or another negative errno when it could not be run. */
__attribute__((sentinel)) int systemctl(const char *word, ...);

/* Does the same for a verb, an option (NULL: none) and a list of units that ends with NULL. An empty list is nothing to
 * do. */
int systemctl_units(const char *verb, const char *option, char *const units[]);

/* Returns what `systemctl show -P PROPERTY UNIT` says, with blanks between several lines, or NULL when it says
 * nothing. The caller frees it. */
char *systemctl_property(const char *unit, const char *property);

/* Returns whether a unit is to be started at boot. */
bool systemctl_is_enabled(const char *unit);

/* Writes, by rename, a unit that lives until the next boot; and removes it. Return 0 or a negative errno. */
int systemctl_write_unit(const char *unit, const char *text);
int systemctl_remove_unit(const char *unit);

/* Write, by rename, a drop-in of a unit that lives until the next boot; and remove it. Return 0 or a negative
 * errno. */
int systemctl_write_dropin(const char *unit, const char *name, const char *text);
int systemctl_remove_dropin(const char *unit, const char *name);
