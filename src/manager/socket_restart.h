/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketRestart: a manager to which systemd passes no socket has systemd open the sockets of the pool anew.
 *
 * systemd closes a socket at daemon-reload when its unit no longer has the address: when listen has changed, or the
 * pool file was removed. The manager that runs does not notice, but the next one, after a restart or a crash, would
 * start without a socket.
 *
 * Runs in: manager, before there is an event loop. */

/* Asks systemd to restart fpmd@POOL.socket, which stops this process and starts the pool with the sockets that the unit
 * has now, and waits for that. Returns only if that did not happen, with a negative errno: -ENOTCONN if systemd has not
 * started this process as fpmd@POOL.service. Logs why. */
int socket_restart(const char *pool);
