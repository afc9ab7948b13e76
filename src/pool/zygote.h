/* SPDX-License-Identifier: MIT */
#pragma once
/* Zygote: the parent of a pool's workers. PHP has started in it, it never runs a request.
 *
 * Runs in: zygote, as the pool's user.
 * Trusts:  the manager. Of the workers it hears only what the kernel says: that they died. */

#include "pool/inherited.h"
#include "shared/pool_config.h"
#include "shared/scoreboard.h"

typedef struct Zygote Zygote;

/* What a worker does with its life; returns its exit status. */
typedef int (*WorkerMain)(unsigned slot, int leash_fd, void *userdata);

/* Borrows everything. 0 or negative errno. */
int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, WorkerMain worker, void *userdata);
Zygote *zygote_free(Zygote *zygote);
DEFINE_CLEANUP(Zygote, zygote_free);

/* Says READY and follows orders until all has drained. In a worker this does not return.
 * 0 or negative errno. */
int zygote_run(Zygote *zygote);

/* Tells the manager why there will be no READY. text is cut to MESSAGE_TEXT_MAX. */
void zygote_report_failure(int control_fd, const char *text);
