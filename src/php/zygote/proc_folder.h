/* SPDX-License-Identifier: MIT */
#pragma once
/* ProcFolder: by which /proc a worker finds its own files.
 *
 * In a chroot without /proc that is a descriptor from before the chroot. It leads out of the chroot: for everybody who
 * can follow a worker's descriptors by /proc/PID/fd, which the kernel allows to processes of the same user while the
 * worker is dumpable. So it is there only where scripts see no process at all.
 *
 * Runs in: worker, before it is dumpable for the first time. */

#include <stdbool.h>

/* Returns whether processes can be seen from inside the root folder of this process, by a proc file system that is
 * mounted there; also when that cannot be found out. proc_fd: of /proc from before the chroot, borrowed. */
bool proc_folder_is_in_root(int proc_fd);

/* Takes proc_fd, or -EBADF. Returns it, or closes it and returns -EBADF: /proc is where it should be. */
int proc_folder_choose(int proc_fd);
