/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolSignal: signals to processes of the pool, whoever's they are.
 *
 * The unit gives the manager no CAP_KILL: then root may signal the processes of root alone. But who may become any
 * user may signal the processes of that user, so a child becomes him for that. It does so with its effective id only:
 * for the kernel's question who may signal or trace it, it stays root's, and what it is to end cannot stop it. It can
 * make it slow, by its scheduling: so the manager waits for it a little, and then leaves it to itself.
 *
 * Runs in: manager, and its child.
 * Trusts:  the pidfd, or that a child of ours keeps its pid until it was reaped. What /proc says of a pid decides only
 * as whom to signal, and the signal of a wrong user is refused. */

#include <stddef.h>
#include <sys/types.h>

#define POOL_SIGNAL_ANY_USER ((uid_t) -1)

enum {
        POOL_SIGNAL_TARGETS_MAX = 256, /* at once */
};

typedef struct PoolSignalTarget {
        pid_t pid;
        int fd; /* the pidfd; -EBADF: it is a child of ours, and not reaped yet */
} PoolSignalTarget;

/* Sends the signal to each. user is whose they are as a rule, also where /proc does not show it (hidepid=), or
 * POOL_SIGNAL_ANY_USER. One that is gone, or must not be signalled, is passed over. As a rule the signals are sent when
 * this returns, and a moment later where the pool's processes make that slow. */
void pool_signal(const PoolSignalTarget targets[], size_t n_targets, uid_t user, int signal);

/* Sends it to one child of ours that was not reaped yet. */
void pool_signal_child(pid_t pid, uid_t user, int signal);
