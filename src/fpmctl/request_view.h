/* SPDX-License-Identifier: MIT */
#pragma once
/* Request view: what busy workers do, as a table, and where in PHP they are.
 *
 * Runs in: fpmctl.
 * Trusts:  nobody: what stands in an answer came from clients, and is escaped. */

#include <jansson.h>
#include <stdio.h>

#include "fpmctl/table.h"

/* Of an answer to CONTROL_REQUESTS, the longest first. 0 or -ENOMEM. */
int request_view_table(Table **ret, const json_t *answer);

/* Of an answer to CONTROL_TRACE. */
void request_view_stacks(FILE *f, const json_t *answer);

/* The stack of one of them, or of a slow request: a line for each call, innermost first. */
void request_view_frames(FILE *f, const json_t *answer);
