/* SPDX-License-Identifier: MIT */
#pragma once
/* LeaveSignals: what ends a worker without ending its request. php-fpm's workers finish the request for SIGQUIT, and
 * its master sends them that for SIGUSR1 and SIGUSR2 too; who sends one of these to all processes of a pool
 * (systemctl kill) shall lose no request. SIGHUP counts as they do, SIGTERM and SIGINT end a worker at once.
 *
 * The zygote takes no notice of them. A script's sleep() is cut short, as by any signal that is not ignored.
 *
 * Runs in: zygote (install), worker. */

#include <stdbool.h>

/* Zygote, before PHP starts: what PHP finds then it takes for the handlers of each request. */
void leave_signals_install(void);

/* Worker, behind fork_guard_init(): a signal wakes it by shutting down lifeline_fd, so that none is missed between a
 * look and a sleep. */
void leave_signals_enter_worker(int lifeline_fd);

/* Worker: whether one of the signals has come. */
bool leave_signals_came(void);
