/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketAccess: gives the unix sockets of a pool, as systemd has bound them, to listen.owner and listen.group, or sets the
 * ACL of listen.acl_users and listen.acl_groups. By a descriptor of the very inode that was bound under this path: the
 * folder may belong to somebody who puts something else there meanwhile.
 *
 * Runs in: ExecStartPost= of the socket unit, as root.
 * Trusts:  nobody but the kernel's list of bound sockets. */

#include "config/pool_config.h"

/* Logs what fails. 0 or negative errno. */
int socket_access_give(const PoolConfig *config);
