/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketUsers: who still uses a unix socket that was bound to a path, by /proc/net/unix; and which processes still
 * live.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Returns whether somebody is connected to a listener that was bound to this path, or waits for it. */
bool socket_has_users(const char *path);

/* Returns whether somebody waits to be accepted. */
bool socket_has_queue(const char *path);

typedef struct ProcessList {
        pid_t *pids;
        size_t n_pids;
} ProcessList;

/* Reads which children the process has now. What cannot be read is left out. The caller frees the list with
 * process_list_done(). */
void process_list_children(ProcessList *ret, pid_t parent);

/* Returns whether one of the processes still lives. */
bool process_list_lives(const ProcessList *list);
void process_list_done(ProcessList *list);

/* Returns how many lines of the text of /proc/net/unix are connections to the path, or with only_queued how many of
 * these wait to be accepted. Pure; it is tested by itself. */
size_t socket_count_users(const char *text, const char *path, bool only_queued);
