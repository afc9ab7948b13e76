/* SPDX-License-Identifier: MIT */
#pragma once
/* File descriptors: every one is CLOEXEC from birth, an empty one is -EBADF.
 *
 * Runs in: any process. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

/* Closes fd if it is one, keeps errno, returns -EBADF. */
int fd_close(int fd);
void fd_closep(int *fd);

/* Sets or clears one F_GETFL flag or FD_CLOEXEC. 0 or negative errno. */
int fd_set_nonblock(int fd, bool on);
int fd_set_cloexec(int fd, bool on);

/* Moves each fds[i] to first + i, without CLOEXEC, in a child between fork and exec, where the
 * numbers are a contract (sd_listen_fds(3): 3, 4, 5 …). The fds may already stand in that range in
 * any order. 0 or negative errno; on error the process is only fit to _exit(). */
int fd_arrange(int fds[], size_t n_fds, int first);

/* Writes everything, over short writes and EINTR. 0 or negative errno. */
int fd_write_all(int fd, const void *data, size_t size);

/* Reads everything from the start of a file or memfd of at most max_bytes into a new buffer that
 * is NUL-terminated behind its size. Does not move the offset. 0, -EFBIG or negative errno. */
int fd_read_all(int fd, size_t max_bytes, char **ret, size_t *ret_size);

/* Reads a regular file of at most max_bytes in the same way. Returns 0, -EFBIG, -EINVAL when it is no regular file, or
 * another negative errno. */
int fd_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_size);

/* A memfd of size bytes that can be neither grown nor shrunk (CLOEXEC). fd or negative errno. */
int fd_memfd_sized(const char *name, size_t size);

/* A memfd that is written to as a file, and then sealed against any change. fd, or 0, or negative errno. */
int fd_memfd_empty(const char *name);
int fd_memfd_seal(int fd);

/* A read-only memfd that holds data (all seals set). fd or negative errno. */
int fd_memfd_data(const char *name, const void *data, size_t size);
