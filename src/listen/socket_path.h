/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketPath: whether root can make a unix socket at a path and give it away without being led elsewhere.
 *
 * systemd binds the socket by its path and changes its owner by its path, as root. A user who can change a folder above
 * it could put a link there in between, and would be given another file, or another pool's place.
 *
 * Runs in: any process. Reads the file system.
 * Trusts:  folders that only root can change. */

enum {
        SOCKET_PATH_WHY_MAX = 512,
};

typedef enum SocketPathKind {
        SOCKET_PATH_SAFE, /* only root can change a folder above it; a folder that is missing is made by systemd */
        SOCKET_PATH_OWNED, /* the last folder belongs to another user, the folders above it are root's alone */
        SOCKET_PATH_UNSAFE,
} SocketPathKind;

/* Checks the folders above path, which is absolute and without "..". Where it returns SOCKET_PATH_UNSAFE it writes what
 * would be right into why. */
SocketPathKind socket_path_check(const char *path, char why[static SOCKET_PATH_WHY_MAX]);
