/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestView: what busy workers do, as a table, and their PHP stacks.
 *
 * Runs in: fpmctl.
 * Trusts:  nobody: the texts of an answer came from clients, and are escaped. */

#include <jansson.h>
#include <stdio.h>

#include "fpmctl/table.h"

/* Makes a table of an answer to CONTROL_REQUESTS, the longest request first. Returns 0 or -ENOMEM. */
int request_view_table(Table **ret, const json_t *answer);

/* Prints the stacks of an answer to CONTROL_TRACE. */
void request_view_stacks(FILE *f, const json_t *answer);

/* Prints one stack of such an answer, or of a slow request: a line for each call, innermost first. */
void request_view_frames(FILE *f, const json_t *answer);
