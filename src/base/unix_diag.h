/* SPDX-License-Identifier: MIT */
#pragma once
/* UnixDiag: what the kernel knows of a unix socket, by NETLINK_SOCK_DIAG, see sock_diag(7).
 *
 * Runs in: manager, and the worker that serves the status page. It needs no privilege. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Asks for one thing (show, a UDIAG_SHOW_…) about the socket fd and copies size bytes of the attribute that
 * answers (UNIX_DIAG_…). Returns 0, -ENODATA when the kernel does not tell, or another negative errno. */
int unix_diag_ask(int fd, uint32_t show, uint16_t attribute, void *ret, size_t size);

/* Returns whether a socket that listens was bound to this path, as it is written, with this inode. Returns false also
 * where the kernel does not tell, or where stat(2) and the kernel number inodes differently (overlayfs). */
bool unix_diag_is_listener(const char *path, ino_t inode);
