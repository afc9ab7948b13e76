/* SPDX-License-Identifier: MIT */
#include "php/worker/leave_signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "php/worker/fork_guard.h"

static const int numbers[] = { SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2 };

static volatile sig_atomic_t came;
static volatile int worker_lifeline_fd = -EBADF;

/* In a child that a script has forked they have their default effect. */
static void act_by_default(int number) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, number);
        (void) signal(number, SIG_DFL);
        (void) raise(number);
        (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(int number) {
        int error = errno;

        if (worker_lifeline_fd >= 0 && fork_guard_is_child()) {
                act_by_default(number);
                return;
        }

        came = 1;
        (void) shutdown(worker_lifeline_fd, SHUT_RDWR);
        errno = error;
}

void leave_signals_install(void) {
        struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                (void) sigaction(numbers[i], &action, NULL);
}

void leave_signals_enter_worker(int lifeline_fd) {
        came = 0;
        worker_lifeline_fd = lifeline_fd;
}

bool leave_signals_came(void) {
        return came;
}
