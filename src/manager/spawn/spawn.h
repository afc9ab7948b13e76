/* SPDX-License-Identifier: MIT */
#pragma once
/* Spawn: the manager's only fork and exec. It starts a pool program under the pool's identity.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/pool_config.h"
#include "contract/listen_fds.h"
#include "manager/spawn/account.h"

typedef struct SpawnFd {
        int fd; /* borrowed */
        const char *name;
} SpawnFd;

typedef struct SpawnPlan {
        const char *program; /* absolute path, also argv[0] */
        const char *engine;  /* what preload.so loads into it; NULL: the program needs neither */
        const char *pool;    /* argv[2]; argv[1] is an option that php-fpm itself does not know */
        const char *option;  /* argv[3] or NULL */
        unsigned generation; /* for titles of processes */
        const PoolConfig *config;
        const Account *account;
        SpawnFd fds[LISTEN_FDS_MAX]; /* become 3, 4, 5 … as LISTEN_FDS, LISTEN_FDNAMES say */
        size_t n_fds;
        bool cache_is_suspect;    /* what was compiled before is not to be read */
        int stdout_fd, stderr_fd; /* borrowed, negative: inherit */
} SpawnPlan;

/* Adds an fd, which stays the caller's, to the plan. One place stays free, for "root". Returns 0 or -E2BIG. */
int spawn_plan_add(SpawnPlan *plan, int fd, const char *name);

/* Forks and waits for the exec, for 10 s or a third of WatchdogSec= at most. Logs what failed. When the pool has a
 * chroot, one more fd named "root" is passed: see chroot_helper_fork(). Returns 0 or a negative errno. */
int spawn_pool_program(const SpawnPlan *plan, pid_t *ret_pid);
