/* SPDX-License-Identifier: MIT */
#pragma once
/* Rotation: which pools were taken out of the rotation of their load balancers, and until when: a file for each under
 * /run/fpmd/.drained, so that it outlives a restart of the pool, and a pool that does not run can be taken out as well.
 *
 * Runs in: fpmctl, as root, writes; manager and fpmd-agent read.
 * Trusts:  root, who alone can write there. */

#include <stdbool.h>
#include <stdint.h>

#define ROTATION_WITHOUT_END UINT64_MAX

/* Takes a pool out for so many seconds of the wall clock, or for ROTATION_WITHOUT_END. Returns 0 or a negative
 * errno. */
int rotation_leave(const char *pool, uint64_t seconds);

/* Puts a pool back. Returns 0, also where it was not out, or a negative errno. */
int rotation_enter(const char *pool);

/* Returns for how many seconds more the pool is out: 0 if it is not, or ROTATION_WITHOUT_END. */
uint64_t rotation_seconds_left(const char *pool);

/* Returns what rotation_seconds_left() does, for the text of a file at the time now_sec. A text that cannot be read
 * counts as without end, since somebody has wanted the pool out. Pure; it is tested by itself. */
uint64_t rotation_parse(const char *text, uint64_t now_sec);
