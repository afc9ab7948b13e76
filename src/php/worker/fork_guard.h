/* SPDX-License-Identifier: MIT */
#pragma once
/* ForkGuard: tells a worker from a child that a script has made of it (pcntl, FFI, a library). Such a child has the
 * worker's memory and descriptors, and is no worker: what it wrote to the web server would be in the middle of an
 * answer, and what it wrote on the scoreboard would be believed of its parent.
 *
 * One worker is in a process, so there is one guard.
 *
 * Runs in: worker, and children of it. */

#include <stdbool.h>

/* What happens after each fork(3), in the parent and, before anything else, in the child. Only what is safe in a child
 * of a process with threads. */
typedef struct ForkHandlers {
        void (*parent)(void);
        void (*child)(void);
} ForkHandlers;

/* Worker: once, after it was forked. 0 or negative errno. */
int fork_guard_init(const ForkHandlers *handlers);

/* A byte that is 1 in the worker and 0 in its children, whichever system call has made them. Valid after
 * fork_guard_init(). */
const volatile unsigned char *fork_guard_mark(void);

static inline bool fork_guard_is_child(void) {
        return !*fork_guard_mark();
}
