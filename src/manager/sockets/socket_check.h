/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketCheck: whether the addresses of the pool file lead to the sockets that the pool has.
 *
 * Runs in: manager. The sockets are systemd's, so it only logs what is wrong. */

#include <stdbool.h>

#include "config/pool_config.h"
#include "manager/sockets/listener.h"

/* Warns, with a line for each, of addresses of listen that no socket is bound to, and of sockets whose path is gone or
 * belongs to another socket; and undoes what processes of the pool did to them, see listener_state.h. */
void socket_check_warn(const Listeners *listeners, const PoolConfig *config);

/* Returns whether each address of listen is among the sockets. */
bool socket_check_serves_all(const Listeners *listeners, const PoolConfig *config);
