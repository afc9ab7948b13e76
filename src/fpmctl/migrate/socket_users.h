/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketUsers: who still uses a unix socket that was bound to a path, by /proc/net/unix; and which processes still
 * live.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether somebody is connected to a listener that was bound to this path, or waits for it. */
bool socket_has_users(const char *path);

/* Whether somebody waits to be accepted. */
bool socket_has_queue(const char *path);

typedef struct ProcessList {
        pid_t *pids;
        size_t n_pids;
} ProcessList;

/* The children that the process has now. What cannot be read is left out. */
void process_list_children(ProcessList *ret, pid_t parent);
bool process_list_lives(const ProcessList *list);
void process_list_done(ProcessList *list);

/* The part that is tested by itself: how many lines of /proc/net/unix are connections to the path, which are those that
 * wait if only_queued. Pure. */
size_t socket_count_users(const char *text, const char *path, bool only_queued);
