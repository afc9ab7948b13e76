/* SPDX-License-Identifier: MIT */
#pragma once
/* Remedies: what an administrator is told to do in more than one place, so that all of them say the same.
 *
 * Runs in: manager, fpmctl. */

/* Of a pool that has failed: its service starts the socket as well. Takes the name of the pool. */
#define REMEDY_RESTART "then run systemctl restart fpmd@%s"
