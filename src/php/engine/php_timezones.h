/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpZones: time zones for a chroot that has none. Distributions patch PHP to read each zone from
 * /usr/share/zoneinfo when a script names it; in a chroot without that folder even UTC is then a fatal
 * error. So the zones are read before.
 *
 * Runs in: zygote.     Trusts: /usr/share/zoneinfo, as PHP does. */

/* Before the root changes to root. Does nothing if there is a zoneinfo in it, or if PHP has zones of its
 * own. 0 or negative errno: then PHP is as it would be without. */
int php_timezones_keep(const char *root);
