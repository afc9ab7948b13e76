/* SPDX-License-Identifier: MIT */
#pragma once
/* Units: what systemd says of the services and sockets of pools, by its bus.
 *
 * Runs in: fpmctl, fpmd-exporter. */

#include "fpmctl/pools.h"

/* Adds each pool that has a unit, and what is known of it. 0 or negative errno: systemd was not reached,
 * or not to the end; what it told until then stands. */
int units_read(Pools *pools);
