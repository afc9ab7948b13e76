/* SPDX-License-Identifier: MIT */
#pragma once
/* Units: what systemd says of the services and sockets of pools, by its bus.
 *
 * Runs in: fpmctl, fpmd-exporter. */

#include <stdbool.h>
#include <stdint.h>

/* systemd's word of one unit. */
typedef struct UnitWord {
        char active[24]; /* "active", "failed" …; "": it knows none */
        bool ran;        /* has been active since the boot; of services only */
        uint64_t n_restarts;
} UnitWord;

/* Called for each unit of a pool. Returns 0 to go on, or a negative errno that ends the reading. */
typedef int (*UnitHook)(const char *pool, bool is_socket, const UnitWord *word, void *userdata);

/* Calls hook for each service and socket of a pool that systemd has. Returns 0, what hook returned, or a negative
 * errno: systemd was not reached, or not to the end; what was told until then stands. */
int units_read(UnitHook hook, void *userdata);
