/* SPDX-License-Identifier: MIT */
#pragma once
/* Reaper: takes the exit status of children that the manager has not forked.
 *
 * The manager is a child subreaper: when a process of the pool dies, its children become the manager's, not those of
 * PID 1. These are the workers of a zygote that was killed, which can be watched and ended that way, and processes that
 * scripts have started. The children that an event source watches (sd_event_add_child()) are that source's to reap and
 * are left to it.
 *
 * Runs in: manager.
 * Trusts:  nobody. A pid is watched after the kernel has said that it is a child of this process; it is not reaped
 * before its hook is called, so it cannot belong to another process. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"

typedef struct Reaper Reaper;

/* Is called when a watched child has ended; its pid may already belong to another process. */
typedef void (*ReaperHook)(pid_t pid, int wait_status, void *userdata);

/* Makes this process a subreaper, and blocks SIGCHLD. Returns 0 or a negative errno. */
int reaper_new(Reaper **ret, sd_event *event);
Reaper *reaper_free(Reaper *reaper);
DEFINE_CLEANUP(Reaper, reaper_free);

/* Watches a child; hook is called once, later. Returns 0, -ECHILD when it is no child of this process, -EBUSY when it
 * is watched already, here or by an event source, or another negative errno. */
int reaper_watch(Reaper *reaper, pid_t pid, ReaperHook hook, void *userdata);

/* Drops the watches with this userdata: their children are reaped without a call of the hook. */
void reaper_forget(Reaper *reaper, const void *userdata);
