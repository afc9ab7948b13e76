/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitRestart: a manager that was started with less than its pool file asks for has systemd start it again with all of
 * it.
 *
 * systemd closes a socket at daemon-reload when its unit no longer has the address: when listen has changed, or the
 * pool file was removed. The manager that runs does not notice, but the next one, after a restart or a crash, would
 * start without a socket. And a chroot that is new to the pool file is not known to the service before a daemon-reload:
 * a manager that runs refuses to be reloaded with it, but one that has left meanwhile has to start with it.
 *
 * Runs in: manager, before there is an event loop. */

/* Asks systemd to restart fpmd@POOL.socket, which stops this process and starts the pool with the sockets that the unit
 * has now, and waits for that. Returns only when this process is to end: 0, or a negative errno if that did not happen,
 * -ENOTCONN if systemd has not started this process as fpmd@POOL.service. Logs why. */
int unit_restart_socket(const char *pool);

/* Has systemd read the pool files again (daemon-reload) if the service lacks what it gets for a chroot, and if it has
 * that then restart the service. Returns only when this process is to end, as unit_restart_socket() does; -EALREADY if
 * the service lacks nothing that a daemon-reload would bring. */
int unit_restart_for_chroot(const char *pool);
