/* SPDX-License-Identifier: MIT */
#pragma once
/* Callers: who waits on a terminal for `systemctl reload` of a unit.
 *
 * systemctl shows nothing of what ExecReload= prints. So that program, run by systemd and as root, writes to the
 * terminal of each systemctl of root's that has asked, as shutdown(8) and wall(1) do.
 *
 * Runs in: fpmctl.
 * Trusts:  nobody who calls himself systemctl. It has to be root's, of this machine rather than of a container on
 *          it, and started by root rather than set-user-id; only a terminal is written to, the one that the kernel
 *          says it has; what is written is one escaped line. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether systemd has executed this process: $SYSTEMD_EXEC_PID, systemd.exec(5). */
bool callers_run_by_systemd(void);

/* Best effort: a terminal that does not take the line at once does not get it. */
void callers_notify(const char *unit, const char *line);

/* --- the parts that are tested by themselves --- */

/* Of /proc/PID/stat, proc(5): whether this is a systemctl with a terminal, and which. */
bool caller_parse_stat(const char *text, dev_t *ret_terminal);

/* Of /proc/PID/cmdline: whether these arguments (each with its NUL) ask for a reload of the unit, which is named
 * in full. */
bool caller_asks_for(const char *arguments, size_t size, const char *unit);
