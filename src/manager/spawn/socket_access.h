/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketAccess: gives the unix sockets of a pool, as systemd has bound them, to listen.owner and listen.group, or sets
 * the ACL of listen.acl_users and listen.acl_groups. It does so by a descriptor of the inode that was bound under this
 * path, since the folder may belong to a user who puts another file there meanwhile.
 *
 * Runs in: ExecStartPost= of the socket unit, as root.
 * Trusts:  nobody but the kernel's list of bound sockets. */

#include "config/pool_config.h"

/* Gives all sockets of the pool. Logs what fails. Returns 0 or a negative errno. */
int socket_access_give(const PoolConfig *config);
