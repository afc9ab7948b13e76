/* SPDX-License-Identifier: MIT */
#pragma once
/* HandoffPair: the two sockets through which workers hand kept connections over to each other (php/worker/keepalive.h).
 *
 * systemd stores both, so what lies in there outlives the manager: who leaves with it, or because it was killed,
 * hands over to the workers of the next one. A pair is of one user: whoever has it can take the web server's
 * connections and can pass for the web server, which is to have code run; so the processes of one user share it
 * with nobody of another, not even those that this pool had before.
 *
 * Runs in: manager.     Owns: both fds. It never reads from them.
 * Trusts:  nobody: what is passed to it at its start is examined, and closed if it is no such socket. */

#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "config/pool_config.h"

typedef struct HandoffPair {
        unsigned n_refs;
        uid_t uid;
        int handoff_in_fd, handoff_out_fd;
} HandoffPair;

/* A new one, that nobody stores. 0 or negative errno. */
int handoff_pair_new(HandoffPair **ret, uid_t uid);
HandoffPair *handoff_pair_ref(HandoffPair *pair);
HandoffPair *handoff_pair_unref(HandoffPair *pair);
DEFINE_CLEANUP(HandoffPair, handoff_pair_unref);

/* Whether the fd with that name (LISTEN_FDNAMES) is one end of a pair, as handoff_pair_store() named it. */
bool handoff_pair_is_name(const char *name);

/* Makes one of what the last manager stored: takes all n fds, and closes what is not of that user or no such socket.
 * 0, -ENOENT: it is not there, or negative errno. Logs. */
int handoff_pair_restore(
                HandoffPair **ret, uid_t uid, const int fds[], char *const names[], size_t n);

/* Asks systemd to keep it, or not any more. Without systemd nothing happens. */
void handoff_pair_store(const HandoffPair *pair);
void handoff_pair_forget(const HandoffPair *pair);

/* How many connections lie in there. */
unsigned handoff_pair_depth(const HandoffPair *pair);
