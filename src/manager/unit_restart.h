/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitRestart: a manager that was started with less than its pool file asks for has systemd start it again with all of
 * it.
 *
 * systemd closes a socket at daemon-reload when its unit no longer has the address: when listen has changed, or the
 * pool file was removed. The manager that runs does not notice, but the next one, after a restart or a crash, would
 * start without a socket. And what is new to the pool file and takes a right that not every service has
 * (unit_rights.h), such as a chroot, is not known to the service before a daemon-reload: a manager that runs refuses to
 * be reloaded with it, but one that has left meanwhile has to start with it.
 *
 * Runs in: manager, before there is an event loop. */

/* Asks systemd to restart fpmd@POOL.socket, which stops this process and starts the pool with the sockets that the unit
 * has now, and waits for that. Returns only when this process is to end: 0, or a negative errno if that did not happen,
 * -ENOTCONN if systemd has not started this process as fpmd@POOL.service. Logs why. */
int unit_restart_socket(const char *pool);

/* Has systemd read the pool files again (daemon-reload) for a service that lacks a right, and if it has more rights
 * then restart the service. Returns only when this process is to end, as unit_restart_socket() does; -ENODATA if a
 * daemon-reload has brought nothing. */
int unit_restart_for_rights(const char *pool);
