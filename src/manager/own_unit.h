/* SPDX-License-Identifier: MIT */
#pragma once
/* OwnUnit: what the manager wants from systemd about its own units, fpmd@POOL.service and fpmd@POOL.socket.
 *
 * Each waits for PID 1: for a helper, or where there is no event loop any more.
 *
 * Runs in: manager, and its helpers. */

/* Whether systemd stops the service in order to start it again, with the same socket. 1, 0, or negative errno: it cannot
 * be asked, or this is not the pool's unit. */
int own_unit_is_restarted(const char *pool);

/* Lets systemd close the socket, which would start the pool again for each connection that waits. The next start of the
 * service starts it as well. 0 or negative errno. */
int own_unit_stop_socket(const char *pool);
