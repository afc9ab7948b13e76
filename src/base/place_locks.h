/* SPDX-License-Identifier: MIT */
#pragma once
/* PlaceLocks: one lock a place, in memory that a process shares with those that it forks: each of them holds the lock
 * of its own place or not, and any can ask whether one is held. In the place of read locks of fcntl(2), for which the
 * kernel keeps one list of all holders and walks it at each call: here neither locking nor unlocking is a call of it.
 *
 * The locks are robust mutexes, so the kernel ends that of a process that dies, however it dies. What a process has
 * read and written while it held its lock comes before what another does that has found no holder.
 *
 * Runs in: zygote, workers.     Trusts: the processes that share the memory. */

#include <limits.h>
#include <sys/types.h>

#include "base/cleanup.h"

typedef struct PlaceLocks PlaceLocks;

#define PLACE_LOCKS_NONE UINT_MAX

/* Makes n places, none of them held. Returns 0 or a negative errno. */
int place_locks_new(PlaceLocks **ret, unsigned n);
PlaceLocks *place_locks_free(PlaceLocks *locks); /* for this process alone */
DEFINE_CLEANUP(PlaceLocks, place_locks_free);

/* Is to be called before the first lock, by the process whose place it is from now on. Returns 0, or -ERANGE when there
 * is no such place. */
int place_locks_enter(PlaceLocks *locks, unsigned place);

/* The lock must not be held by this process; waits for a moment at most. Returns 0 or a negative errno. */
int place_locks_lock(PlaceLocks *locks, unsigned place);
void place_locks_unlock(PlaceLocks *locks, unsigned place);

/* Returns the pid of a process that holds the lock of its place, or 0 when there is none beside that of the place
 * "except" (PLACE_LOCKS_NONE: of none). */
pid_t place_locks_find_holder(PlaceLocks *locks, unsigned except);
