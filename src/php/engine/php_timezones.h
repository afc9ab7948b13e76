/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpTimezones: time zones for a chroot that has none. Distributions patch PHP to read each zone from
 * /usr/share/zoneinfo when a script names it; in a chroot without that folder even UTC is then a fatal error. So the
 * zones are read before.
 *
 * Runs in: zygote.     Trusts: /usr/share/zoneinfo, as PHP does. */

/* Reads all zones, before the process changes its root directory to root. Does nothing if root has a zoneinfo, or if
 * PHP has zones of its own. Returns 0, or a negative errno, after which PHP works as without this call. */
int php_timezones_keep(const char *root);
