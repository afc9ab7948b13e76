/* SPDX-License-Identifier: MIT */
#pragma once
/* Worker: the life of one worker: it takes a connection, reads the request, has PHP run it, sends the answer, and
 * begins again.
 *
 * Runs in: worker, as the pool's user, without any capability. */

#include "base/sum_table.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "php/zygote/file_limit.h"
#include "php/zygote/inherited.h"
#include "php/zygote/proctitle.h"

typedef struct WorkerContext {
        const PoolConfig *config;
        const Inherited *inherited;
        Scoreboard *board;
        Proctitle *proctitle;
        int proc_fd; /* O_PATH of /proc, for a chroot, else -EBADF; closed by the worker before others may see it */
        FileLimit file_limit;
        SumTable *compiled; /* what was in files when they were compiled; NULL: nobody asks */
        int paths_fd; /* where it says which files it has compiled; -EBADF: nobody asks */
        bool strict; /* the generation is a reload's: what fails in it ends it */
} WorkerContext;

/* Serves until it is told to leave or has done pm.max_requests. Returns the exit status: 0, or 70
 * (EX_SOFTWARE) when PHP is broken. Suits WorkerMain; userdata is a WorkerContext. */
int worker_run(unsigned slot, int lifeline_fd, void *userdata);
