/* SPDX-License-Identifier: MIT */
#pragma once
/* FdPass: a packet over a unix socket with a file descriptor beside it.
 *
 * Runs in: any process.     Trusts: nobody: more fds than one are closed. */

#include <stddef.h>

/* Sends data as one packet, and fd with it unless it is negative. The fd stays the caller's. flags are those of
 * sendmsg(2). Returns 0 or a negative errno. */
int fd_pass_send(int socket_fd, const void *data, size_t size, int fd, int flags);

/* Receives one packet of up to size bytes. *ret_fd is the fd that came with it, with CLOEXEC, -EMFILE when one came for
 * which this process has no place, or -EBADF. Returns the length of the packet as it was sent, which may be more than
 * size, 0 at the end of file, or a negative errno. */
int fd_pass_receive(int socket_fd, void *data, size_t size, int *ret_fd, int flags);
