/* SPDX-License-Identifier: MIT */
#pragma once
/* Template: the application of worker_script, booted once in the zygote, in the middle of whose script workers are
 * forked (worker_boot).
 *
 * The zygote runs inside the script's first call for a request; a child goes back into that call as a worker, and
 * leaves when its script ends. A boot is tried in a child first: where it, or worker_warmup, leaves a connection, a
 * pipe, a file or a thread behind, which workers must not share, each worker boots for itself.
 *
 * Runs in: zygote; goes over into a worker. */

#include "php/worker/worker.h"
#include "php/zygote/zygote.h"

/* Does what zygote_run() does, with a booted application where that is possible. context is as for worker_run(). Sends
 * the reason of a failure to control_fd. Returns the exit status of the process, which by then is a zygote or a
 * worker. */
int template_run(Zygote *zygote, WorkerContext *context, int control_fd);

/* Serves as a worker that goes on inside the booted script. It is a WorkerMain, in the place of worker_run(). Returns
 * the exit status. */
int template_worker_run(unsigned slot, int lifeline_fd, void *userdata);
