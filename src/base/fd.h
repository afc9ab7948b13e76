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

/* Closes fd unless it is negative, leaves errno as it was, and returns -EBADF. */
int fd_close(int fd);

/* Closes *fd. This is what _cleanup_close_ calls. */
void fd_closep(int *fd);

/* Puts a copy of blank_fd in the place of fd, if that is a descriptor: what had the number is closed, and the number
 * leads nowhere. Safe in a child of a process with threads. */
void fd_cover(int fd, int blank_fd);

/* Sets or clears O_NONBLOCK, and FD_CLOEXEC. O_NONBLOCK belongs to the open file description, so everybody who shares
 * it is affected. Return 0 or a negative errno. */
int fd_set_nonblock(int fd, bool on);
int fd_set_cloexec(int fd, bool on);

/* Empties an eventfd whose description others share, who may have cleared its O_NONBLOCK: never waits. Returns 0,
 * -EAGAIN when it is empty, or another negative errno (before Linux 5.8 -EOPNOTSUPP). */
int fd_drain_event(int fd);

/* Adds one to an eventfd, which wakes who waits for it. It stays as it is when it is full: who waits is awake then. */
void fd_signal_event(int fd);

/* A unix socket that listens and was shut down for reading is ready for ever, and poll(2) reports no hang-up: shuts it
 * down whole, so that it does. Does nothing to others. */
void fd_finish_shutdown(int fd);

/* Moves each fds[i] to first + i, without CLOEXEC, in a child between fork and exec, where the
 * numbers are a contract (sd_listen_fds(3): 3, 4, 5 …). The fds may already stand in that range in
 * any order. Returns 0 or a negative errno; after an error the process can only _exit(). */
int fd_arrange(int fds[], size_t n_fds, int first);

/* Writes all size bytes, over short writes and EINTR. Returns 0 or a negative errno. */
int fd_write_all(int fd, const void *data, size_t size);

/* Replaces the file at path, below dir_fd unless path is absolute (AT_FDCWD: the working directory), by one of this
 * text and mode. By rename, so that a reader sees it whole or not at all; what is called PATH+ is lost. Returns 0 or a
 * negative errno; the file is what it was then. */
int fd_replace_file(int dir_fd, const char *path, const char *text, mode_t mode);

/* Reads everything from the start of a file or memfd of at most max_bytes into a new buffer that
 * is NUL-terminated behind its size. Does not move the offset. The caller frees *ret. Returns 0, -EFBIG when the file
 * is larger, or another negative errno. */
int fd_read_all(int fd, size_t max_bytes, char **ret, size_t *ret_size);

/* Reads a regular file of at most max_bytes in the same way. Returns 0, -EFBIG, -EINVAL when it is no regular file, or
 * another negative errno. */
int fd_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_size);

/* Makes a memfd of size bytes that can be neither grown nor shrunk. Returns the fd or a negative errno. */
int fd_memfd_sized(const char *name, size_t size);

/* Makes an empty memfd, to be written to as a file. Returns the fd or a negative errno. */
int fd_memfd_empty(const char *name);

/* Seals such a memfd against any change. Returns 0 or a negative errno. */
int fd_memfd_seal(int fd);

/* Makes a memfd that holds a copy of data and is sealed against any change. Returns the fd or a negative errno. */
int fd_memfd_data(const char *name, const void *data, size_t size);
