/* SPDX-License-Identifier: MIT */
#pragma once
/* SocketUsers: who still uses a unix socket that was bound to a path, by /proc/net/unix.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stddef.h>

/* Returns whether somebody is connected to a listener that was bound to this path, or waits for it. */
bool socket_has_users(const char *path);

/* Returns whether somebody waits to be accepted. */
bool socket_has_queue(const char *path);

/* Returns how many lines of the text of /proc/net/unix are connections to the path, or with only_queued how many of
 * these wait to be accepted. Pure; it is tested by itself. */
size_t socket_count_users(const char *text, const char *path, bool only_queued);
