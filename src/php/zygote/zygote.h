/* SPDX-License-Identifier: MIT */
#pragma once
/* Zygote: the parent of a pool's workers. PHP has started in it, it never runs a request.
 *
 * Runs in: zygote, as the pool's user.
 * Trusts:  the manager. Of the workers it hears only what the kernel says: that they died. */

#include <stdint.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "php/zygote/inherited.h"

typedef struct Zygote Zygote;

/* What a worker does with its life; returns its exit status. lifeline_fd: hangs up when it is to
 * leave, and takes its /proc/self/mem by zygote_send_memory(). */
typedef int (*WorkerMain)(unsigned slot, int lifeline_fd, void *userdata);

/* Reads the stack of a worker out of its memory and gives each call to add(), innermost first. 0 or
 * negative errno. */
typedef int (*WorkerTracer)(int memory_fd, unsigned depth,
                void (*add)(const char *frame, void *userdata), void *userdata);

typedef struct ZygoteHooks {
        WorkerMain worker;
        WorkerTracer trace;
        void *userdata; /* of worker */
        int log_fd;     /* the access log, whose file changes under this number; negative: none */

        /* Without a manager nobody else ends a request that hangs: after this time the zygote does. */
        uint64_t orphan_limit_usec;

        /* A listening socket, whose first connection has a worker forked in scoreboard_status_slot();
         * -EBADF: none. */
        int status_fd;
} ZygoteHooks;

/* Borrows everything. 0 or negative errno. */
int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, const ZygoteHooks *hooks);
Zygote *zygote_free(Zygote *zygote);
DEFINE_CLEANUP(Zygote, zygote_free);

/* Says READY and follows orders until all has drained. In a worker this does not return.
 * 0 or negative errno. */
int zygote_run(Zygote *zygote);

/* Worker: lets the zygote look into this process for as long as it lives. Takes memory_fd. 0 or
 * negative errno. */
int zygote_send_memory(int lifeline_fd, int memory_fd);

/* Worker: the file that lines of the access log go to from now on, the newest of those that wait; -ENODATA:
 * none does. Never sleeps. */
int zygote_receive_log(int lifeline_fd);

/* Tells the manager why there will be no READY. text is cut to MESSAGE_TEXT_MAX. */
void zygote_report_failure(int control_fd, const char *text);
