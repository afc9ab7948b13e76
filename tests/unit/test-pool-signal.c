/* SPDX-License-Identifier: MIT */
/* Proves that a manager without CAP_KILL ends the processes of other users, also where there is no place for a child,
 * and is itself again afterwards. As root only. */

#include "manager/spawn/pool_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unit.h"

enum {
        USER = 64123,
        ANOTHER = 64124,
};

static bool has_no_place, is_stopped;
static pid_t last_child;

/* In the place of libc's. */
pid_t fork(void) {
        if (has_no_place) {
                errno = EAGAIN;
                return -1;
        }

        last_child = (pid_t) syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        if (last_child == 0 && is_stopped)
                (void) syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
        return last_child;
}

static void drop_kill(void) {
        static const cap_value_t capability = CAP_KILL;
        cap_t caps = cap_get_proc();

        ck_assert_int_eq(cap_set_flag(caps, CAP_EFFECTIVE, 1, &capability, CAP_CLEAR), 0);
        ck_assert_int_eq(cap_set_flag(caps, CAP_PERMITTED, 1, &capability, CAP_CLEAR), 0);
        ck_assert_int_eq(cap_set_proc(caps), 0);
        cap_free(caps);
}

/* A process with that real id, and with root's as its effective one if it runs a set-user-ID program. */
static pid_t start(uid_t user, bool is_of_root) {
        int ends[2];
        pid_t pid;
        char byte;

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                (void) signal(SIGTERM, SIG_DFL); /* libcheck's would end the test as well */
                if (setresuid(user, is_of_root ? 0 : user, is_of_root ? 0 : user) < 0)
                        _exit(1);
                (void) !write(ends[1], "", 1);
                pause();
                _exit(0);
        }
        ck_assert_int_eq(read(ends[0], &byte, 1), 1);
        (void) close(ends[0]);
        (void) close(ends[1]);
        return pid;
}

static void has_ended(pid_t pid, int signal) {
        int status;

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signal);
}

static void is_itself(void) {
        cap_flag_value_t value = CAP_CLEAR;
        cap_t caps = cap_get_proc();

        ck_assert_int_eq((int) geteuid(), 0);
        ck_assert_int_eq(cap_get_flag(caps, CAP_SETUID, CAP_EFFECTIVE, &value), 0);
        ck_assert_int_eq(value, CAP_SET);
        cap_free(caps);
}

static void ends(uid_t user, bool is_of_root, uid_t expected, bool by_pidfd) {
        pid_t pid = start(user, is_of_root);
        int fd = by_pidfd ? (int) syscall(SYS_pidfd_open, pid, 0) : -EBADF;

        pool_signal(&(PoolSignalTarget){ .pid = pid, .fd = fd }, 1, expected, SIGKILL);
        has_ended(pid, SIGKILL);
        if (fd >= 0)
                (void) close(fd);
        is_itself();
}

START_TEST(whoever_it_is) {
        if (geteuid() != 0)
                return;

        drop_kill();
        for (int i = 0; i < 2; i++) {
                ends(USER, false, USER, i);
                ends(USER, false, POOL_SIGNAL_ANY_USER, i);
                ends(ANOTHER, false, USER, i);
                ends(USER, true, USER, i);
                ends(0, false, USER, i);
        }
}
END_TEST

START_TEST(without_a_child) {
        pid_t pid;

        if (geteuid() != 0)
                return;

        drop_kill();
        pid = start(ANOTHER, false);
        has_no_place = true;
        pool_signal_child(pid, USER, SIGTERM);
        has_no_place = false;
        has_ended(pid, SIGTERM);
        is_itself();
}
END_TEST

/* As one that others keep from the CPU: it is not waited for, and does its work when it comes to it. */
START_TEST(by_a_child_that_is_slow) {
        pid_t pid;

        if (geteuid() != 0)
                return;

        drop_kill();
        pid = start(USER, false);
        is_stopped = true;
        pool_signal_child(pid, USER, SIGKILL);
        is_stopped = false;
        ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
        ck_assert_int_eq(kill(last_child, SIGCONT), 0);
        has_ended(pid, SIGKILL);
        is_itself();
}
END_TEST

START_TEST(all_of_them_once) {
        PoolSignalTarget targets[3];
        static const uid_t users[] = { USER, 0, ANOTHER };

        if (geteuid() != 0)
                return;

        drop_kill();
        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                targets[i] = (PoolSignalTarget){ .pid = start(users[i], false), .fd = -EBADF };
        pool_signal(targets, ELEMENTSOF(targets), USER, SIGTERM);
        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                has_ended(targets[i].pid, SIGTERM);
        is_itself();
}
END_TEST

UNIT_MAIN("pool-signal", whoever_it_is, without_a_child, by_a_child_that_is_slow, all_of_them_once);
