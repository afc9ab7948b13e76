/* SPDX-License-Identifier: MIT */
#pragma once
/* HandoffPair: the two sockets through which workers hand kept connections over to each other, see
 * php/worker/keepalive/keepalive.h.
 *
 * systemd stores both, so connections in the pair outlive the manager: workers that leave with it, or because it was
 * killed, hand over to the workers of the next one. A pair belongs to one user. A process that has it can take the web
 * server's connections, and can pass for the web server, which means running code; so only processes of one user share
 * it, and not those that this pool had under another user.
 *
 * Runs in: manager.     Owns: both fds. It never reads from them.
 * Trusts:  nobody: an fd that systemd passes at the start is checked, and closed if it is no such socket. */

#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "config/pool_config.h"

typedef struct HandoffPair {
        unsigned n_refs;
        uid_t uid;
        int handoff_in_fd, handoff_out_fd;
} HandoffPair;

/* Makes a pair for user uid, which nobody stores yet. The caller owns a reference. Returns 0 or a negative errno. */
int handoff_pair_new(HandoffPair **ret, uid_t uid);

/* Take and give back a reference; NULL is allowed for the latter, which returns NULL. */
HandoffPair *handoff_pair_ref(HandoffPair *pair);
HandoffPair *handoff_pair_unref(HandoffPair *pair);
DEFINE_CLEANUP(HandoffPair, handoff_pair_unref);

/* Returns whether handoff_pair_store() gives this name (LISTEN_FDNAMES) to one end of a pair. */
bool handoff_pair_is_name(const char *name);

/* Makes a pair of what the last manager stored: takes all n fds, and closes those that belong to another user or are no
 * such socket. Returns 0, -ENOENT when there is no pair, or another negative errno. Logs what it closes. */
int handoff_pair_restore(
                HandoffPair **ret, uid_t uid, const int fds[], char *const names[], size_t n);

/* Ask systemd to store the pair, or to drop it. Without systemd they do nothing. */
void handoff_pair_store(const HandoffPair *pair);
void handoff_pair_forget(const HandoffPair *pair);

/* Returns how many connections wait in the pair. */
unsigned handoff_pair_depth(const HandoffPair *pair);
