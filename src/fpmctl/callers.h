/* SPDX-License-Identifier: MIT */
#pragma once
/* Callers: the terminals on which `systemctl reload` of a unit waits.
 *
 * systemctl does not show what ExecReload= prints. So that program, which systemd runs as root, writes to the terminal
 * of each systemctl of root's that has asked, as shutdown(8) and wall(1) do.
 *
 * Runs in: fpmctl.
 * Trusts:  no process for its name alone. A systemctl has to be root's, of this machine rather than of a container on
 * it, and started by root rather than set-user-id. Only the terminal that the kernel says it has is written to, with
 * one escaped line. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Returns whether systemd has executed this process: $SYSTEMD_EXEC_PID, systemd.exec(5). */
bool callers_run_by_systemd(void);

/* Writes a line to these terminals. A terminal that does not take it at once does not get it. */
void callers_notify(const char *unit, const char *line);

/* --- the parts that are tested by themselves --- */

/* Reads the text of /proc/PID/stat, proc(5). Returns whether this is a systemctl with a terminal, and which. */
bool caller_parse_stat(const char *text, dev_t *ret_terminal);

/* Returns whether the arguments of /proc/PID/cmdline (each with its NUL) ask for a reload of the unit, which is named
 * in full. */
bool caller_asks_for(const char *arguments, size_t size, const char *unit);
