/* SPDX-License-Identifier: MIT */
#pragma once
/* CpuPressure: how much of the time something on this machine waits for a processor.
 *
 * Runs in: fpmd-agent. */

/* Returns a share from 0 to 1, by the kernel's pressure of the last ten seconds, or where it has none by the load. */
double cpu_pressure_read(void);

/* Returns the share that the text of /proc/pressure/cpu tells, or -1 if it tells none. Pure; it is tested by
 * itself. */
double cpu_pressure_parse(const char *text);
