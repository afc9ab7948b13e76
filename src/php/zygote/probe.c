/* SPDX-License-Identifier: MIT */
#include "php/zygote/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static int start(int (*try)(void *userdata), void *userdata) {
        pid_t pid = fork();

        if (pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                _exit(try(userdata));
        }

        return pid < 0 ? -errno : pid;
}

static int await(pid_t pid) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;

        return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int probe_start(int (*try)(void *userdata), void *userdata) {
        pid_t pid = start(try, userdata);

        return pid < 0 ? pid : 0;
}

int probe_run(int (*try)(void *userdata), void *userdata) {
        pid_t pid = start(try, userdata);

        return pid < 0 ? pid : await(pid);
}

/* The child has the only end to write, so that the other one is at its end when the child is. */
static bool ends_until(int fd, uint64_t until_usec) {
        struct pollfd pollfd = { .fd = fd };
        uint64_t now;
        int n;

        do {
                now = clock_now_usec();
                n = poll(&pollfd, 1, until_usec > now ? (int) ((until_usec - now) / 1000 + 1) : 0);
        } while (n < 0 && errno == EINTR);
        return n != 0;
}

int probe_run_until(int (*try)(void *userdata), void *userdata, uint64_t until_usec) {
        _cleanup_close_ int ours = -EBADF;
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;

        ours = fds[0];
        pid = start(try, userdata);
        fd_close(fds[1]);
        if (pid < 0)
                return pid;
        if (ends_until(ours, until_usec))
                return await(pid);

        (void) kill(pid, SIGKILL);
        return -ETIME;
}
