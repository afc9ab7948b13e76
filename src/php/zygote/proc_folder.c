/* SPDX-License-Identifier: MIT */
#include "php/zygote/proc_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"

enum {
        MOUNTS_BYTES_MAX = 4 << 20,
};

/* The kernel lists the mounts below the root folder only, and writes a blank in a name as \040. */
static bool is_in_root(int proc_fd) {
        _cleanup_close_ int fd = openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *mounts = NULL;
        size_t size;

        return fd < 0 || fd_read_all(fd, MOUNTS_BYTES_MAX, &mounts, &size) < 0 ||
               strstr(mounts, " - proc ");
}

int proc_folder_choose(int proc_fd) {
        if (proc_fd < 0 || !is_in_root(proc_fd))
                return proc_fd;

        fd_close(proc_fd);
        return -EBADF;
}
