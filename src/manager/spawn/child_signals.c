/* SPDX-License-Identifier: MIT */
#include "manager/spawn/child_signals.h"

#include <signal.h>
#include <stddef.h>

#include "base/cleanup.h"

void child_signals_reset(void) {
        static const int ignored[] = { SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
        sigset_t none;

        for (int sig = 1; sig < NSIG; sig++)
                (void) signal(sig, SIG_DFL);
        for (size_t i = 0; i < ELEMENTSOF(ignored); i++)
                (void) signal(ignored[i], SIG_IGN);
        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
}
