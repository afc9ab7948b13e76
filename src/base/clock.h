/* SPDX-License-Identifier: MIT */
#pragma once
/* Clock: the one clock that all processes of a pool compare times of.
 *
 * Runs in: any process. */

#include <stdint.h>
#include <time.h>

/* Returns CLOCK_MONOTONIC in microseconds, by the vdso, without a system call. */
static inline uint64_t clock_now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}
