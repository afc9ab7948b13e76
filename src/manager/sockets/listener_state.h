/* SPDX-License-Identifier: MIT */
#pragma once
/* ListenerState: what a process of the pool can do to a listening socket, which it shares with the manager and with
 * systemd: it stays when that process has gone, and when the pool restarts. Here it is found, named, and undone where
 * that is possible.
 *
 * Runs in: manager.     Trusts: nobody who shares the socket. */

#include <stdbool.h>
#include <stdint.h>

/* Whether the socket was shut down. A unix socket stays so; only its socket unit can make another one. */
bool listener_state_is_hung_up(int fd);

/* Listens again on a tcp socket that was shut down, and says so. Returns whether fd is one that listens now. */
bool listener_state_revive(int fd);

/* Makes accept4(2) return when nothing waits: at once, and should somebody clear O_NONBLOCK again, after a second. Returns 0
 * or a negative errno. */
int listener_state_unblock(int fd);

/* Undoes what was done to the socket and says so, a line for each. backlog: as listen.backlog has it, negative: not set.
 * pool: for what is to be done about a socket that was shut down. */
void listener_state_restore(int fd, int64_t backlog, const char *pool);

/* Where the socket is bound, for messages. */
enum {
        LISTENER_TEXT_MAX = 128,
};
void listener_state_describe(int fd, char text[static LISTENER_TEXT_MAX]);
