/* SPDX-License-Identifier: MIT */
#pragma once
/* ForkGuard: tells a worker from a child that a script has made of it (pcntl, FFI, a library). Such a child has the
 * worker's memory and descriptors, and is no worker: bytes that it wrote to the web server would be in the middle of an
 * answer, and numbers that it wrote on the scoreboard would be taken for its parent's.
 *
 * A process has one worker, so there is one guard.
 *
 * Runs in: worker, and children of it. */

#include <stdbool.h>

/* What is called after each fork(3), in the parent and, before anything else, in the child. Both may do only what is
 * safe in a child of a process with threads. */
typedef struct ForkHandlers {
        void (*parent)(void);
        void (*child)(void);
} ForkHandlers;

/* Worker: installs the guard, once, after it was forked. Returns 0 or a negative errno. */
int fork_guard_init(const ForkHandlers *handlers);

/* Returns the address of a byte that is 1 in the worker and 0 in its children, whichever system call has made them.
 * Valid after fork_guard_init(). */
const volatile unsigned char *fork_guard_mark(void);

/* Returns whether this process is a child that a script has forked. */
static inline bool fork_guard_is_child(void) {
        return !*fork_guard_mark();
}
