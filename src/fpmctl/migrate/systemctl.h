/* SPDX-License-Identifier: MIT */
#pragma once
/* Systemctl: what fpmctl asks of systemd when pools are moved or removed, by the program that administrators know.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>

/* Runs systemctl with these words, the last of which is followed by NULL. Its exit status is 0, or the call returns
 * -EIO after a line on standard error with what it said. Returns 0 or a negative errno. */
__attribute__((sentinel)) int systemctl(const char *word, ...);

/* What `systemctl show -P PROPERTY UNIT` says, several lines with blanks between. The caller frees; NULL: it says
 * nothing. */
char *systemctl_property(const char *unit, const char *property);

/* Whether a unit is to be started at boot. */
bool systemctl_is_enabled(const char *unit);

/* Writes a drop-in of a unit that lives until the next boot, by rename; or removes it. Return 0 or a negative errno. */
int systemctl_write_dropin(const char *unit, const char *name, const char *text);
int systemctl_remove_dropin(const char *unit, const char *name);
