/* SPDX-License-Identifier: MIT */
#include "manager/spawn/pool_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "manager/spawn/privilege.h"

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

void pool_signal(const PoolSignalTarget targets[], size_t n_targets, uid_t user, int signal) {
        bool is_refused = false;
        pid_t pid;

        for (size_t i = 0; i < n_targets; i++)
                if (send_signal(&targets[i], signal) == -EPERM)
                        is_refused = true;
        if (!is_refused || !privilege_can_switch_user())
                return;

        /* Where what is to end has taken the place of a child (TasksMax=), the manager does it: the user's
         * processes can make it slow then, as they can make the child, and by that their own manager. */
        pid = fork();
        if (pid <= 0)
                send_all_as_their_users(targets, n_targets, user, signal);
        if (pid == 0)
                _exit(0);
        if (pid > 0)
                (void) waitpid(pid, NULL, 0);
}

void pool_signal_child(pid_t pid, uid_t user, int signal) {
        pool_signal(&(PoolSignalTarget){ .pid = pid, .fd = -EBADF }, 1, user, signal);
}
