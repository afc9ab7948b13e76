/* SPDX-License-Identifier: MIT */
#include "php/worker/fork_guard.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile unsigned char *mark;
static ForkHandlers fork_handlers;

static void on_parent(void) {
        if (!fork_guard_is_child())
                fork_handlers.parent();
}

static void on_child(void) {
        *mark = 0;
        fork_handlers.child();
}

/* The kernel empties the page in each child, so that this holds for clone(2) without fork(3) too. */
int fork_guard_init(const ForkHandlers *handlers) {
        size_t size = (size_t) sysconf(_SC_PAGESIZE);
        void *page;

        page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
                return -errno;
        if (madvise(page, size, MADV_WIPEONFORK) < 0)
                return -errno;

        mark = page;
        *mark = 1;
        fork_handlers = *handlers;
        return -pthread_atfork(NULL, on_parent, on_child);
}

const volatile unsigned char *fork_guard_mark(void) {
        return mark;
}
