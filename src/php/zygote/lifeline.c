/* SPDX-License-Identifier: MIT */
#include "php/zygote/lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/fd_pass.h"

enum {
        ERRNO_MAX = 4095,
};

int lifeline_new(int *ret_zygote_fd, int *ret_worker_fd) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;

        *ret_zygote_fd = fds[0];
        *ret_worker_fd = fds[1];
        return 0;
}

/* --- zygote --- */

int lifeline_receive_memory(int lifeline_fd) {
        _cleanup_close_ int fd = -EBADF;
        LifelineMemory memory;
        int n;

        n = fd_pass_receive(lifeline_fd, &memory, sizeof(memory), &fd, MSG_DONTWAIT);
        if (n < 0)
                return n;
        if (n == 0)
                return -ESRCH;
        if (n != sizeof(memory) || memory.error < 0 || memory.error > ERRNO_MAX)
                return -EBADMSG;
        if (memory.error > 0)
                return memory.error == EAGAIN ? -EIO : -memory.error;

        /* The kernel leaves an fd away when the receiver has no place for it. */
        return fd >= 0 ? TAKE_FD(fd) : -EMFILE;
}

int lifeline_receive_booted(int lifeline_fd) {
        char what;
        ssize_t n;

        n = recv(lifeline_fd, &what, sizeof(what), MSG_DONTWAIT);
        if (n < 0)
                return -errno;

        return n == 1 && what == 'b' ? 0 : -EBADMSG;
}

int lifeline_send_slot(int lifeline_fd, unsigned slot) {
        LifelineSlot message = { .slot = slot };

        return fd_pass_send(lifeline_fd, &message, sizeof(message), -EBADF, MSG_DONTWAIT);
}

int lifeline_send_log(int lifeline_fd, int log_fd) {
        return fd_pass_send(lifeline_fd, "l", 1, log_fd, MSG_DONTWAIT);
}

int lifeline_wake(int lifeline_fd) {
        return fd_pass_send(lifeline_fd, "d", 1, -EBADF, MSG_DONTWAIT);
}

/* --- worker --- */

static int open_own_memory(int proc_fd) {
        int fd;

        /* A process that is not dumpable may not open even its own. What was opened stays open. */
        (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        fd = proc_fd >= 0 ? openat(proc_fd, "self/mem", O_RDONLY | O_CLOEXEC)
                          : open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                fd = -errno;
        (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

        return fd;
}

int lifeline_send_memory(int lifeline_fd, int proc_fd) {
        _cleanup_close_ int fd = open_own_memory(proc_fd);
        LifelineMemory memory = {};
        int r = fd;

        if (fd >= 0)
                r = fd_pass_send(lifeline_fd, &memory, sizeof(memory), fd, MSG_DONTWAIT);
        if (r >= 0)
                return 0;

        memory.error = -r;
        (void) fd_pass_send(lifeline_fd, &memory, sizeof(memory), -EBADF, MSG_DONTWAIT);
        return r;
}

int lifeline_wait_for_slot(int lifeline_fd, unsigned *ret_slot) {
        LifelineSlot message;
        ssize_t n;
        int r;

        r = fd_pass_send(lifeline_fd, "b", 1, -EBADF, 0);
        if (r < 0)
                return r;

        /* Words for all workers, which are none for one without a slot, have another size. */
        do
                n = recv(lifeline_fd, &message, sizeof(message), 0);
        while (n == 1 || (n < 0 && errno == EINTR));
        if (n != sizeof(message))
                return n < 0 ? -errno : -ESHUTDOWN;

        *ret_slot = message.slot;
        return 0;
}

int lifeline_receive_log(int lifeline_fd) {
        int last_fd = -ENODATA, fd, n;
        char what;

        for (;;) {
                fd = -EBADF;
                n = fd_pass_receive(lifeline_fd, &what, sizeof(what), &fd, MSG_DONTWAIT);
                if (n <= 0)
                        return last_fd;
                if (fd < 0)
                        continue;

                if (last_fd >= 0)
                        fd_close(last_fd);
                last_fd = fd;
        }
}
