/* SPDX-License-Identifier: MIT */
/* Proves that the manager does not wait for ever for the exec of a child which processes of the pool's user have
 * stopped, and for less time than systemd waits for a sign of life of the manager. */

#include "manager/spawn/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
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

static int limit_msec;

int poll(struct pollfd *fds, nfds_t n, int msec) {
        limit_msec = msec;
        const struct timespec limit = { .tv_nsec = msec * 10000L };

        return ppoll(fds, n, msec < 0 ? NULL : &limit, NULL);
}

static void start_what_is_stopped(void) {
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

START_TEST(a_child_that_is_stopped_is_killed) {
        start_what_is_stopped();
        ck_assert_int_eq(limit_msec, 10000);
}
END_TEST

/* systemd would end the manager, which gives it no sign of life while it waits. */
START_TEST(the_watchdog_shortens_the_wait) {
        setenv("WATCHDOG_USEC", "6000000", 1);
        start_what_is_stopped();
        ck_assert_int_eq(limit_msec, 2000);
}
END_TEST

UNIT_MAIN("spawn", a_child_that_is_stopped_is_killed, the_watchdog_shortens_the_wait);
