/* SPDX-License-Identifier: MIT */
/* Proves that a child knows that it is none of the worker, whichever system call has made it, and what is called. */

#include "php/worker/fork_guard.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unit.h"

static unsigned n_parent, n_child;

static void on_parent(void) {
        n_parent++;
}

static void on_child(void) {
        n_child++;
}

static pid_t by_fork(void) {
        return fork();
}

static pid_t by_underscore_fork(void) {
        return _Fork();
}

static pid_t by_clone3(void) {
        struct {
                uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
        } arguments = { .exit_signal = SIGCHLD };

        return (pid_t) syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* Bit 0: the child knew that it is one; bit 1: on_child() was called. */
static int ask_child(pid_t (*make)(void)) {
        int status;
        pid_t pid = make();

        if (pid == 0)
                _exit(fork_guard_is_child() | (int) (n_child == 1) << 1);

        ck_assert_int_gt(pid, 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

START_TEST(children_know) {
        static const ForkHandlers handlers = { .parent = on_parent, .child = on_child };

        ck_assert_int_eq(fork_guard_init(&handlers), 0);
        ck_assert(!fork_guard_is_child());

        ck_assert_int_eq(ask_child(by_fork), 3);
        ck_assert_uint_eq(n_parent, 1);
        ck_assert_int_eq(ask_child(by_underscore_fork), 1);
        ck_assert_int_eq(ask_child(by_clone3), 1);
        ck_assert_uint_eq(n_parent, 1);
        ck_assert(!fork_guard_is_child());
}
END_TEST

UNIT_MAIN("fork-guard", children_know);
