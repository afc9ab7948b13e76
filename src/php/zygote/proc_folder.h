/* SPDX-License-Identifier: MIT */
#pragma once
/* ProcFolder: by which /proc a worker finds its own files.
 *
 * In a chroot without /proc that is a descriptor from before the chroot. It leads out of the chroot: for everybody who
 * can follow a worker's descriptors by /proc/PID/fd, which the kernel allows to processes of the same user while the
 * worker is dumpable. So it is there only where scripts see no process at all.
 *
 * Runs in: worker, before it is dumpable for the first time. */

/* Takes proc_fd, of /proc from before the chroot, or -EBADF. Returns it, or closes it and returns -EBADF where a proc
 * file system is mounted inside the root folder of this process, also when that cannot be found out. */
int proc_folder_choose(int proc_fd);
