/* SPDX-License-Identifier: MIT */
/* Proves that the manager does not wait for ever for the exec of a child which processes of the pool's user have
 * stopped. */

#include "manager/spawn/spawn.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pool-config.h"

/* In the place of libc's: the child is stopped before it executes anything, and the manager's seconds are short. */
int execve(const char *path, char *const argv[], char *const environment[]) {
        (void) path;
        (void) argv;
        (void) environment;
        raise(SIGSTOP);
        _exit(0);
}

int poll(struct pollfd *fds, nfds_t n, int msec) {
        const struct timespec limit = { .tv_nsec = msec * 10000L };

        return ppoll(fds, n, msec < 0 ? NULL : &limit, NULL);
}

START_TEST(a_child_that_is_stopped_is_killed) {
        _cleanup_(account_done) Account account = {};
        _cleanup_(pool_config_freep) PoolConfig *config = parse(minimal, 0);
        pid_t pid = 0;
        SpawnPlan plan = {
                .program = "/bin/true",
                .pool = "www",
                .config = config,
                .account = &account,
                .stdout_fd = -EBADF,
                .stderr_fd = -EBADF,
        };
        siginfo_t si = {};

        ck_assert_int_eq(account_of_self(&account), 0);
        ck_assert_int_eq(spawn_pool_program(&plan, &pid), -ETIMEDOUT);
        ck_assert_int_eq(pid, 0);

        /* Reaped there, or dead. */
        if (waitid(P_ALL, 0, &si, WEXITED | WSTOPPED) >= 0)
                ck_assert_int_eq(si.si_code, CLD_KILLED);
}
END_TEST

UNIT_MAIN("spawn", a_child_that_is_stopped_is_killed);
