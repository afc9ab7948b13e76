/* SPDX-License-Identifier: MIT */
#include "base/stack.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
        /* What lies below this function's frame while the call runs, and more. */
        MARGIN = 4096,

        /* Less than the gap that the kernel keeps below the first stack of a process, 1 MiB. */
        BELOW = 512 * 1024,

        /* How much of it can be in use. */
        DEPTH_MAX = 4 * 1024 * 1024,
};

/* The first stack of a process has what the kernel hands over at its top. Others, of threads and of PHP's fibers, have
 * neighbours. */
static bool is_first_stack(uintptr_t frame) {
        uintptr_t top = getauxval(AT_RANDOM);

        return frame < top && top - frame < DEPTH_MAX;
}

/* Where less of it was used than BELOW, madvise(2) says ENOMEM and has given back what is there. */
__attribute__((noinline)) void stack_release(void) {
        uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE),
                  frame = (uintptr_t) __builtin_frame_address(0),
                  top = (frame - MARGIN) / page * page;

        if (!is_first_stack(frame))
                return;

        (void) madvise((void *) (top - BELOW), BELOW, MADV_DONTNEED);
}
