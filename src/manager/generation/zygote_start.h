/* SPDX-License-Identifier: MIT */
#pragma once
/* ZygoteStart: starts the pool program with its fds, its configuration and its environment.
 *
 * Runs in: manager. */

#include <sys/types.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/sockets/listener.h"
#include "manager/spawn/account.h"

/* Everything is borrowed. */
typedef struct ZygotePlan {
        const char *program; /* NULL: the php-fpm of the PHP that config names, with our engine */
        const PoolConfig *config;
        const Account *account;
        int access_fd;  /* the access log's file; -EBADF: none */
        int scripts_fd; /* a list of scripts to compile first; -EBADF: none */
        const Listeners *listeners;
        int status_fd; /* -EBADF: none */
        const Scoreboard *board;
        int wake_fd;
        unsigned generation;
        bool strict; /* what PHP would only warn of while it starts is a failure */
        bool cache_is_suspect; /* what earlier ones have compiled is deleted */
} ZygotePlan;

/* Starts the program. *ret_control_fd is the manager's end of the control socket, non-blocking. Logs why it cannot.
 * Returns 0 or a negative errno. */
int zygote_start(const ZygotePlan *plan, pid_t *ret_pid, int *ret_control_fd);
