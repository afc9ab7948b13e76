/* SPDX-License-Identifier: MIT */
#pragma once
/* LeaveSignals: signals that end a worker after its request. php-fpm's workers finish the request for SIGQUIT, and its
 * master sends them that for SIGUSR1 and SIGUSR2 too; so one of these, sent to all processes of a pool (systemctl
 * kill), must lose no request here. SIGHUP does the same, SIGTERM and SIGINT end a worker at once.
 *
 * The zygote ignores them. A script's sleep() is cut short, as by any signal that is not ignored.
 *
 * Runs in: zygote (install), worker. */

#include <stdbool.h>

/* Zygote, before PHP starts: installs the handlers. PHP takes those that it finds then for the handlers of each
 * request. */
void leave_signals_install(void);

/* Worker: is to be called after fork_guard_init(): from now on a signal wakes the worker by shutting down lifeline_fd,
 * so that none is missed between a check and a sleep. */
void leave_signals_enter_worker(int lifeline_fd);

/* Worker: returns whether one of the signals has come. */
bool leave_signals_came(void);
