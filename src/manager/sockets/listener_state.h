/* SPDX-License-Identifier: MIT */
#pragma once
/* ListenerState: what a process of the pool can do to a listening socket, which it shares with the manager and with
 * systemd. Such changes outlast the process and a restart of the pool. This module finds them, reports them, and undoes
 * them where that is possible.
 *
 * Runs in: manager.     Trusts: nobody who shares the socket. */

#include <stdbool.h>
#include <stdint.h>

/* Returns whether the socket was shut down. A unix socket stays so; only its socket unit can make another one. One that
 * was shut down for reading alone is shut down whole: systemd reports and closes it then, and would do nothing else
 * than look at it otherwise, for all units. */
bool listener_state_is_hung_up(int fd);

/* Listens again on a tcp socket that was shut down, and logs it. Returns whether fd is a tcp socket that listens
 * now. */
bool listener_state_revive(int fd);

/* Makes accept4(2) return when nothing waits: at once, or after a second if another process clears O_NONBLOCK again.
 * Returns 0 or a negative errno. */
int listener_state_unblock(int fd);

/* Undoes what was done to the socket and logs a line for each change. backlog is that of listen.backlog, negative if
 * not set; pool is for the advice about a socket that was shut down. */
void listener_state_restore(int fd, int64_t backlog, const char *pool);
