/* SPDX-License-Identifier: MIT */
#pragma once
/* Fingerprint: whether a manager and an engine are of builds that understand each other.
 *
 * The two are files of their own, and a manager that runs goes on when both are replaced: then an engine that it starts
 * may have another layout of the memory that they share, or another table of directives. Pure.
 *
 * Runs in: manager and pool program. */

#include <stddef.h>
#include <stdint.h>

/* Returns a number for the layout of the messages, the scoreboard and the control page. */
uint64_t contract_fingerprint(void);

/* Returns the number with these bytes added. */
uint64_t fingerprint_add(uint64_t sum, const void *data, size_t size);
