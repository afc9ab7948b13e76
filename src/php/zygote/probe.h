/* SPDX-License-Identifier: MIT */
#pragma once
/* Probe: something is tried in a child first, of which nothing stays.
 *
 * Runs in: zygote. */

/* Calls try in a child, which ends with what try returns, 0 to 127, and which dies with this process. Returns that
 * number, or a negative errno: -ECHILD when the child ended in another way. */
int probe_run(int (*try)(void *userdata), void *userdata);
