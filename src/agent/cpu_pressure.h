/* SPDX-License-Identifier: MIT */
#pragma once
/* CpuPressure: how much of the time something on this machine waits for a processor.
 *
 * Runs in: fpmd-agent. */

/* Returns a share from 0 to 1, by the kernel's pressure of the last ten seconds, or where it has none by the load. */
double cpu_pressure_read(void);

/* The part that is tested by itself: the share in the text of /proc/pressure/cpu, or -1. Pure. */
double cpu_pressure_parse(const char *text);
