/* SPDX-License-Identifier: MIT */
#pragma once
/* Program: runs another program and keeps what it prints.
 *
 * Runs in: fpmctl. */

/* Runs a program; arguments begins with its path and ends with NULL. *ret is what it has written on both its outputs,
 * of a long output the first 16 MiB; the caller frees it. Returns the exit status, -ECHILD if a signal ended the
 * program, or the negative errno for which it could not be run. */
int program_run(const char *const arguments[], char **ret);
