/* SPDX-License-Identifier: MIT */
#pragma once
/* Listener: a TCP socket at which another process listens, and which of several at one port gets the connections.
 *
 * The kernel lets sockets of one user share a port when each has SO_REUSEPORT, also one that got the option while it
 * listened already. A classic BPF program says to which of them a new connection goes: they are counted in the order in
 * which they began to listen. When one is closed, the last one takes its number.
 *
 * Runs in: fpmctl, as root. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
        LISTENER_NAME_MAX = 80,
};

/* Makes a descriptor of the socket at which the process listens, of an address as in the pool file. Returns it, which
 * the caller closes, -ENOENT if the process has no such socket, or the negative errno for which it cannot be had:
 * before Linux 5.6 -ENOSYS, and -EPERM where the machine lets nobody trace processes. */
int listener_take(pid_t pid, const char *address);

/* Lets another program of root's listen at the port of fd, the only socket there so far, and has all connections go to
 * fd meanwhile. Returns a descriptor that holds this until it is closed, or a negative errno: then nothing has
 * changed for the clients. */
int listener_share(int fd);

/* Says which of the sockets that share the port of fd gets all new connections: the first one is 0. If there is none of
 * that number, they are spread. Returns 0, or a negative errno if it shares its port with none. */
int listener_choose(int fd, unsigned nth);

/* Takes the choice back. */
void listener_unchoose(int fd);

/* Returns whether a connection waits to be accepted at fd. */
bool listener_has_queue(int fd);

/* Writes the address of fd as systemd reads it, "[::1]:9000", and as php-fpm does in FPM_SOCKETS, "::1:9000". Returns 0
 * or a negative errno. */
int listener_name(int fd, char stream[static LISTENER_NAME_MAX],
                char inherited[static LISTENER_NAME_MAX]);
