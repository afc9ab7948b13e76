/* SPDX-License-Identifier: MIT */
#pragma once
/* PortRelease: waits until nobody has a TCP socket open any more that systemd has closed.
 *
 * systemd 254 and newer fork a child to remove the /tmp of a service that has stopped. Until that child runs, on a busy
 * machine for some milliseconds, it has all that systemd had open, among it the sockets that systemd closes now: a
 * restart of the socket and the service would fail to bind the port anew, and the pool would be down. So may a process
 * of the pool that outlives it.
 *
 * Runs in: ExecStopPost= of the socket unit, as root. */

#include <stdbool.h>
#include <stdint.h>

/* Waits until the address can be bound, or until that time of CLOCK_MONOTONIC. Returns whether it can. What is no TCP
 * address, or none of this machine, is not waited for. */
bool port_release_wait(const char *address, uint64_t until_usec);
