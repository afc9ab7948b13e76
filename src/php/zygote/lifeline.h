/* SPDX-License-Identifier: MIT */
#pragma once
/* Lifeline: the socket pair between the zygote and one worker, and what goes over it.
 *
 *     worker → zygote     a LifelineMemory with an fd of the worker's memory, or with why there is none; once, right
 *                         after the fork, before PHP does anything. The zygote reads it as soon as it comes.
 *     zygote → worker     "l" with an fd of the access log's new file. The worker reads it when it waits for a
 *                         connection, or before its next line.
 *                         "d" without an fd, to wake a worker that waits: its orders stand on the scoreboard.
 *     spare → zygote      "b": it has booted, and waits for a slot.
 *     zygote → spare      a LifelineSlot: it is the worker of this slot from now on.
 *     end of file         The worker is to leave after its request: the zygote has retired it, or is dead.
 *
 * The zygote never waits for a worker: what does not fit makes it cut the lifeline, and the worker is replaced
 * after its request.
 *
 * Runs in: zygote and worker.
 * Trusts:  the zygote does not trust the worker: it takes one fd from it, from before PHP served a request. */

#include <stdbool.h>
#include <stdint.h>

/* Zygote: makes the pair. The caller closes both ends. Returns 0 or a negative errno. */
int lifeline_new(int *ret_zygote_fd, int *ret_worker_fd);

typedef struct LifelineMemory {
        int error; /* 0, or an errno */
} LifelineMemory;

/* Zygote: receives the memory of the worker. Returns its fd, which the caller closes, -EAGAIN when the worker has not
 * sent it yet, or another negative errno when there is none and none will come. */
int lifeline_receive_memory(int lifeline_fd);

typedef struct LifelineSlot {
        uint32_t slot;
} LifelineSlot;

/* Zygote: reads whether the spare worker has booted, and gives it a slot. The first returns 0 if it has, -EAGAIN if
 * not yet, or another negative errno; the second returns 0 or a negative errno. */
int lifeline_receive_booted(int lifeline_fd);
int lifeline_send_slot(int lifeline_fd, unsigned slot);

/* Zygote: send the new file of the access log; wake the worker. Return 0, or a negative errno when the worker cannot be
 * reached. */
int lifeline_send_log(int lifeline_fd, int log_fd);
int lifeline_wake(int lifeline_fd);

/* Worker: opens its own memory and sends it. The worker is dumpable only while it does so. proc_fd is of /proc from
 * before a chroot, or negative for /proc. Returns 0, or a negative errno when no stack of this worker can be read. */
int lifeline_send_memory(int lifeline_fd, int proc_fd);

/* Spare worker: says that it has booted, and sleeps until it has a slot. Returns 0, or a negative errno when it is to
 * leave. */
int lifeline_wait_for_slot(int lifeline_fd, unsigned *ret_slot);

/* Worker: receives the new file of the access log, the newest of those that wait, and never sleeps. Returns its fd,
 * which the caller closes, or -ENODATA when none waits. */
int lifeline_receive_log(int lifeline_fd);
