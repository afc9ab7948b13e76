/* SPDX-License-Identifier: MIT */
#pragma once
/* Zygote: the parent of a pool's workers. PHP has started in it, it never runs a request.
 *
 * It never waits for anybody but in its event loop: what the manager does not read yet is kept (message_queue.h).
 * Orders that are urgent are followed as they come; between two of the others, to fork a worker or to read a
 * stack, it looks whether there is an urgent one.
 *
 * It is not dumpable: no process of its user can open its memory, or reach what its fds lead to, by /proc.
 *
 * Runs in: zygote, as the pool's user.
 * Trusts:  the manager. Of the workers it hears only what the kernel says: that they died. */

#include <stdint.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"

typedef struct Zygote Zygote;

/* What a worker does with its life; returns its exit status. lifeline_fd: lifeline.h; hangs up when the worker is
 * to leave. */
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

/* Tells the manager why there will be no READY. text is cut to MESSAGE_TEXT_MAX. */
void zygote_report_failure(int control_fd, const char *text);
