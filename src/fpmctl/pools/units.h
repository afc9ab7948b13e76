/* SPDX-License-Identifier: MIT */
#pragma once
/* Units: what systemd says on its bus of the services and sockets of pools.
 *
 * Runs in: fpmctl, fpmd-exporter, fpmd-agent. */

#include <stdbool.h>
#include <stdint.h>

/* What systemd says of one unit. */
typedef struct UnitState {
        char active[24]; /* "active", "failed" …; "": systemd knows no such unit */
        bool ran;        /* has been active since the boot; of services that are not active now */
        uint64_t n_restarts; /* of services that are; systemd counts anew with the next start */
} UnitState;

/* Is called for each unit of a pool. Returns 0 to go on, or a negative errno that ends the reading. */
typedef int (*UnitHook)(const char *pool, bool is_socket, const UnitState *state, void *userdata);

/* Calls hook for the service and the socket of a pool that systemd has, or of each pool if it is NULL; with details ran
 * and n_restarts are filled in, for which systemd is asked once a service. Returns 0, what hook returned, or a negative
 * errno when the bus failed, before any call. */
int units_read(const char *pool, bool details, UnitHook hook, void *userdata);
