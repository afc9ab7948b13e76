/* SPDX-License-Identifier: MIT */
#pragma once
/* Reaper: takes the exit status of children that the manager has not forked.
 *
 * The manager is a child subreaper: what a process of the pool leaves behind when it dies becomes its child, not
 * that of PID 1. These are the workers of a zygote that was killed, who can be watched and ended that way, and
 * whatever scripts have started. The children that an event source watches (sd_event_add_child()) are that
 * source's to reap and are left to it.
 *
 * Runs in: manager.
 * Trusts:  nobody. A pid is watched after the kernel has said that it is a child of ours; until its hook is
 * called it is not reaped, so it can belong to nobody else. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"

typedef struct Reaper Reaper;

/* It has ended; its pid may already be somebody else's. */
typedef void (*ReaperHook)(pid_t pid, int wait_status, void *userdata);

/* Makes this process a subreaper. SIGCHLD is blocked. 0 or negative errno. */
int reaper_new(Reaper **ret, sd_event *event);
Reaper *reaper_free(Reaper *reaper);
DEFINE_CLEANUP(Reaper, reaper_free);

/* hook is called once, later. 0; -ECHILD: no child of ours; -EBUSY: it is watched already, here or by an event
 * source; or another negative errno. */
int reaper_watch(Reaper *reaper, pid_t pid, ReaperHook hook, void *userdata);

/* Whoever watches with this userdata is gone: what it watched is reaped in silence. */
void reaper_forget(Reaper *reaper, const void *userdata);
