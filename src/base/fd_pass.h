/* SPDX-License-Identifier: MIT */
#pragma once
/* FdPass: a packet over a unix socket with a file descriptor beside it.
 *
 * Runs in: any process.     Trusts: nobody: more fds than one are closed. */

#include <stddef.h>

/* fd: borrowed; negative: none goes along. Flags: of sendmsg(2). 0 or negative errno. */
int fd_pass_send(int socket_fd, const void *data, size_t size, int fd, int flags);

/* The real length of the packet, also of one that is too long for size; 0: EOF; or negative errno.
 * ret_fd: CLOEXEC, -EBADF: none came along. */
int fd_pass_receive(int socket_fd, void *data, size_t size, int *ret_fd, int flags);
