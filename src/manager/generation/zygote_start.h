/* SPDX-License-Identifier: MIT */
#pragma once
/* Launch: starts the pool program with all that it is given.
 *
 * Runs in: manager. */

#include <sys/types.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/sockets/listener.h"

/* Everything is borrowed. */
typedef struct LaunchPlan {
        const char *program;
        const PoolConfig *config;
        const Listeners *listeners;
        int status_fd; /* -EBADF: none */
        const Scoreboard *board;
        int bell_fd;
        unsigned generation;
        bool strict; /* what PHP would only warn of while it starts is a failure */
} LaunchPlan;

/* ret_control_fd: our end of the control socket, non-blocking. Logs. 0 or negative errno. */
int launch_zygote(const LaunchPlan *plan, pid_t *ret_pid, int *ret_control_fd);
