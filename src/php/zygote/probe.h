/* SPDX-License-Identifier: MIT */
#pragma once
/* Probe: something is tried in a child first, of which nothing stays.
 *
 * Runs in: zygote. */

#include <stdint.h>

/* Calls try in a child, which ends with what it returns, 0 to 127, and which dies with this process. Returns that, or a
 * negative errno: -ECHILD when the child ended in another way. */
int probe_run(int (*try)(void *userdata), void *userdata);

/* Does the same, but kills a child that has not ended at until_usec of CLOCK_MONOTONIC, and returns -ETIME. It does not
 * wait for the end of that child, which may hang in the kernel. */
int probe_run_until(int (*try)(void *userdata), void *userdata, uint64_t until_usec);

/* Starts such a child, and does not wait for it: whoever reaps the children of the zygote does. Returns 0 or a negative
 * errno. */
int probe_start(int (*try)(void *userdata), void *userdata);
