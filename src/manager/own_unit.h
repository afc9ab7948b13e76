/* SPDX-License-Identifier: MIT */
#pragma once
/* OwnUnit: what the manager wants from systemd about its own units, fpmd@POOL.service and fpmd@POOL.socket.
 *
 * Each call waits for PID 1, for some seconds at most and half a minute where others may have it read all units, so it
 * is for a helper, or for a process without an event loop.
 *
 * Runs in: manager, and its helpers. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "manager/spawn/helper.h"

/* Checks whether this process belongs to fpmd@POOL.service. Returns 0 if it does, -ENXIO when it belongs to another
 * unit, or another negative errno when it belongs to none or that cannot be found out. */
int own_unit_check(const char *pool);

/* Checks whether systemd stops the service in order to start it again, with the same socket. Returns 0 if it does,
 * -ENODATA if not, or another negative errno when it cannot be asked or this is not the pool's unit. */
int own_unit_is_restarted(const char *pool);

/* Has systemd keep the /tmp and /var/tmp of the pool until its socket is closed (fpmd-tmp@POOL.service). Returns 0,
 * also when they are kept already, or a negative errno. */
int own_unit_keep_tmp(const char *pool);

/* Has systemd close the socket, which would start the pool again for each connection that waits. The next start of the
 * service starts the socket as well. Returns 0 or a negative errno. */
int own_unit_stop_socket(const char *pool);

/* Lets systemd run its generators and read all units again. Returns 0 or a negative errno. */
int own_unit_reload_all(const char *pool);

/* Lets systemd start the service again, which stops this process. Returns 0 or a negative errno. */
int own_unit_restart_service(const char *pool);

/* Lets systemd open the socket anew, which stops this process and starts the service again. Returns 0 or a negative
 * errno. */
int own_unit_restart_socket(const char *pool);

/* One question at a time, by a helper. Embedded in its owner, who fills in what stands before answered. */
typedef struct OwnUnit {
        sd_event *event;
        const char *pool; /* borrowed */
        void *userdata;

        int (*question)(const char *pool);
        void (*answered)(int result, void *userdata);
        Helper *helper;
} OwnUnit;

/* Asks one of the above in a helper; answered() gets its result later, or -ETIMEDOUT. Returns 0, -EBUSY when the last
 * question was not answered yet, or another negative errno. */
int own_unit_ask(OwnUnit *unit, int (*question)(const char *pool),
                void (*answered)(int result, void *userdata));
bool own_unit_is_asked(const OwnUnit *unit);
void own_unit_done(OwnUnit *unit);
