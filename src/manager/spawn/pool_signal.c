/* SPDX-License-Identifier: MIT */
#include "manager/spawn/pool_signal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/spawn/privilege.h"

enum {
        CHILD_MSEC = 100,
};

static int send_signal(const PoolSignalTarget *target, int signal) {
        long r = target->fd >= 0 ? syscall(SYS_pidfd_send_signal, target->fd, signal, NULL, 0)
                                 : kill(target->pid, signal);

        return r < 0 ? -errno : 0;
}

/* The real id: a set-user-ID program may be signalled by who has started it. */
static uid_t read_user(pid_t pid) {
        char path[40], line[256];
        _cleanup_fclose_ FILE *file = NULL;
        unsigned user;

        snprintf(path, sizeof(path), "/proc/%d/status", (int) pid);
        file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
                if (sscanf(line, "Uid: %u", &user) == 1)
                        return user;

        return POOL_SIGNAL_ANY_USER;
}

static int send_as(uid_t user, const PoolSignalTarget *target, int signal) {
        int r;

        r = privilege_lend_effective(user);
        if (r >= 0)
                r = send_signal(target, signal);
        privilege_take_effective_back();
        return r;
}

static void send_as_its_user(const PoolSignalTarget *target, uid_t user, int signal) {
        if (send_signal(target, 0) != -EPERM) /* it has had it, or is gone */
                return;
        if (user == POOL_SIGNAL_ANY_USER || send_as(user, target, signal) == -EPERM)
                (void) send_as(read_user(target->pid), target, signal);
}

static void send_all_as_their_users(
                const PoolSignalTarget targets[], size_t n_targets, uid_t user, int signal) {
        for (size_t i = 0; i < n_targets; i++)
                send_as_its_user(&targets[i], user, signal);
}

/* --- by a child --- */

static int compare_targets(const void *a, const void *b) {
        return ((const PoolSignalTarget *) a)->fd - ((const PoolSignalTarget *) b)->fd;
}

/* Nobody may wait for this child, and it may outlive the manager: what it kept open would hide that end from the
 * zygotes. */
static void close_all_but(PoolSignalTarget targets[], size_t n_targets) {
        unsigned first = 0;

        qsort(targets, n_targets, sizeof(*targets), compare_targets);
        for (size_t i = 0; i < n_targets; i++) {
                if (targets[i].fd > (int) first)
                        (void) close_range(first, (unsigned) targets[i].fd - 1, 0);
                first = (unsigned) targets[i].fd + 1;
        }
        (void) close_range(first, ~0U, 0);
}

/* By a pidfd each: the manager may have reaped it before the child comes to it. */
static size_t open_targets(
                PoolSignalTarget opened[], const PoolSignalTarget targets[], size_t n_targets) {
        size_t n = 0;

        for (size_t i = 0; i < n_targets; i++) {
                int fd = targets[i].fd >= 0 ? fcntl(targets[i].fd, F_DUPFD_CLOEXEC, 0)
                                            : (int) syscall(SYS_pidfd_open, targets[i].pid, 0);

                if (fd >= 0)
                        opened[n++] = (PoolSignalTarget){ targets[i].pid, fd };
        }

        return n;
}

/* As a rule it ends within a millisecond, and callers find what it has done. But while it has the effective id of the
 * user, the user's processes may change its scheduling, and can keep it from the CPU: then it is the reaper's. */
static void wait_a_little(pid_t pid) {
        _cleanup_close_ int fd = (int) syscall(SYS_pidfd_open, pid, 0);
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        if (fd >= 0)
                (void) poll(&pollfd, 1, CHILD_MSEC);
        (void) waitpid(pid, NULL, WNOHANG);
}

/* Returns whether there is such a child. */
static bool send_by_child(
                const PoolSignalTarget targets[], size_t n_targets, uid_t user, int signal) {
        PoolSignalTarget opened[POOL_SIGNAL_TARGETS_MAX];
        size_t n = open_targets(opened, targets, n_targets);
        pid_t pid = n == n_targets ? fork() : -1;

        if (pid == 0) {
                close_all_but(opened, n);
                send_all_as_their_users(opened, n, user, signal);
                _exit(0);
        }
        for (size_t i = 0; i < n; i++)
                fd_close(opened[i].fd);
        if (pid > 0)
                wait_a_little(pid);

        return pid > 0;
}

void pool_signal(const PoolSignalTarget targets[], size_t n_targets, uid_t user, int signal) {
        bool is_refused = false;

        assert(n_targets <= POOL_SIGNAL_TARGETS_MAX);
        for (size_t i = 0; i < n_targets; i++)
                if (send_signal(&targets[i], signal) == -EPERM)
                        is_refused = true;
        if (!is_refused || !privilege_can_switch_user())
                return;

        /* Where what is to end has taken the place of a child (TasksMax=), the manager does it: the user's
         * processes can make it slow then, as they can make the child, and by that their own manager. */
        if (!send_by_child(targets, n_targets, user, signal))
                send_all_as_their_users(targets, n_targets, user, signal);
}

void pool_signal_child(pid_t pid, uid_t user, int signal) {
        pool_signal(&(PoolSignalTarget){ .pid = pid, .fd = -EBADF }, 1, user, signal);
}
