/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketUnit: what fpmd does for fpmd@POOL.socket, which fpmd-generator writes into its drop-in.
 *
 * Runs in: ExecStartPre=, ExecStartPost= and ExecStopPost= of the socket unit, as root; the start of a pool. */

#include "config/pool_config.h"

/* Reports each reason why the pool must not listen where its file says. Returns how many there are. */
unsigned socket_unit_check(
                const char *conf_dir, const char *pool, ConfigReport report, void *userdata);

/* Logs these reasons. Returns the exit status, which is always a failure: the unit was written for a refused pool. */
int socket_unit_refuse(const char *conf_dir, const char *pool);

/* Gives the sockets that systemd has opened to their owner, or sets their ACL. Returns the exit status. */
int socket_unit_give(const char *conf_dir, const char *pool);

/* Waits, for a moment, until the TCP ports of the pool can be bound again that systemd has closed. Returns the exit
 * status, which is always that of success: systemd says by itself what it cannot bind. */
int socket_unit_await_release(const char *conf_dir, const char *pool);
