/* SPDX-License-Identifier: MIT */
#pragma once
/* Zygote: the parent of a pool's workers. PHP has started in it, it never runs a request.
 *
 * It only waits in its event loop: messages that the manager does not read yet are kept (message_queue.h). Urgent
 * orders are followed as they come; after each of the others, to fork a worker or to read a stack, it checks whether
 * there is an urgent order.
 *
 * It is not dumpable: no process of its user can open its memory, or the files of its fds, by /proc.
 *
 * Runs in: zygote, as the pool's user.
 * Trusts:  the manager. About workers it hears from the kernel alone, that they died. */

#include <stdbool.h>
#include <stdint.h>

#include "base/sum_table.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"

typedef struct Zygote Zygote;

/* The main function of a worker; returns its exit status. lifeline_fd is the worker's end of its lifeline (lifeline.h),
 * which hangs up when the worker is to leave. */
typedef int (*WorkerMain)(unsigned slot, int lifeline_fd, void *userdata);

/* Reads the stack of a worker out of its memory and gives each call to add(), innermost first. Returns 0 or a negative
 * errno. */
typedef int (*WorkerTracer)(int memory_fd, unsigned depth,
                void (*add)(const char *frame, void *userdata), void *userdata);

/* The main function of a worker that has no slot yet: boots, takes a slot (lifeline_wait_for_slot()), and is then as
 * any other. */
typedef int (*SpareMain)(int lifeline_fd, void *userdata);

/* Writes to fd which scripts are in use, in a process of its own, which may take as long as it likes: it is ended. */
typedef void (*ScriptLister)(int fd, void *userdata);

/* Writes for the next start which scripts are in use, in such a process. */
typedef void (*ScriptKeeper)(void *userdata);

typedef struct ZygoteHooks {
        WorkerMain worker;
        WorkerTracer trace;
        ScriptLister list_scripts;
        ScriptKeeper keep_scripts;
        bool (*keeps_scripts)(void); /* in the zygote, before: whether there is anything to write */
        void *userdata;              /* of worker, list_scripts and keep_scripts */
        int log_fd; /* the access log, whose file changes under this number; negative: none */

        /* When the manager is dead, the zygote ends requests that hang after this time, since no one else does. */
        uint64_t orphan_limit_usec;

        int wake_fd; /* wakes the manager */

        /* A listening socket: its first connection makes the zygote fork a worker in scoreboard_status_slot(). -EBADF:
         * there is none. */
        int status_fd;
} ZygoteHooks;

/* Makes the zygote's object. Borrows everything. Returns 0 or a negative errno. */
int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, const ZygoteHooks *hooks);
Zygote *zygote_free(Zygote *zygote);
DEFINE_CLEANUP(Zygote, zygote_free);

/* Has one worker forked before it is needed, from now on. It takes the next slot that is asked for, if it has come to
 * its wait by then. userdata is that of the hooks. */
void zygote_keep_spare(Zygote *zygote, SpareMain main);

/* Watches files from now on: those that zygote_watch_file() names with their absolute path, or workers by a message to
 * *ret_fd, and the links and folders by which script is reached. compiled is borrowed, and has the sums of what was in
 * files when they were compiled, under those of their paths. When something else is in one, the manager is told.
 * Returns 0 or a negative errno. */
int zygote_watch_files(
                Zygote *zygote, const char *script, const SumTable *compiled, int *ret_fd);
void zygote_watch_file(Zygote *zygote, const char *path);

/* Sends READY and follows orders until all workers have drained. In a worker it does not return. Returns 0 or a
 * negative errno. */
int zygote_run(Zygote *zygote);

/* Sends the manager the reason why there will be no READY. text is cut to MESSAGE_TEXT_MAX. */
void zygote_report_failure(int control_fd, const char *text);
