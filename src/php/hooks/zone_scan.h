/* SPDX-License-Identifier: MIT */
#pragma once
/* ZoneScan: distributions patch PHP to list, when it starts, all time zones of /usr/share/zoneinfo. It scans each
 * folder there, and asks the kernel about each of some six hundred entries whether it is a folder, which the scan has
 * just said. While this watches, it is told so from there. A PHP with zones of its own scans nothing, and one that asks
 * in another way asks the kernel.
 *
 * Runs in: zygote, while PHP starts. */

/* Are to be called right before and after PHP's start. */
void zone_scan_begin(void);
void zone_scan_end(void);

/* Returns of how many entries PHP was told without the kernel since it began. */
unsigned zone_scan_told(void);
