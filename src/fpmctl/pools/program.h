/* SPDX-License-Identifier: MIT */
#pragma once
/* Program: runs another program and keeps what it prints.
 *
 * Runs in: fpmctl. */

/* arguments begins with the path of the program and ends with NULL. Both its outputs become *ret, which the caller
 * frees; of a long output the first 64 KiB. Returns its exit status, -ECHILD if a signal ended it, or the negative
 * errno for which it could not be run. */
int program_run(const char *const arguments[], char **ret);
