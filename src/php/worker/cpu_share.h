/* SPDX-License-Identifier: MIT */
#pragma once
/* CpuShare: which share of a CPU the last request has used, as the status page shows it.
 *
 * The clock that tells a process's CPU time costs a system call of half a microsecond: to look at it before and
 * after each request would be a twentieth of what a hello page costs. So short requests are measured together,
 * and the first look behind one is the last before the next.
 *
 * Runs in: worker. Pure. */

#include <stdbool.h>
#include <stdint.h>

enum {
        /* A request of so many is measured alone, but for shorter ones before it that come to less. */
        CPU_SHARE_LOOK_USEC = 1000,
};

typedef struct CpuShare {
        uint64_t cpu_usec;     /* at the last look */
        uint64_t elapsed_usec; /* of the requests since */
        unsigned n_requests;   /* since */
        uint64_t centipercent; /* of one CPU, in hundredths of a percent: of those before it */
} CpuShare;

void cpu_share_init(CpuShare *ret, uint64_t cpu_usec);

/* A request is over. true: it is time to look at the clock, and to say what it tells. */
bool cpu_share_add(CpuShare *share, uint64_t duration_usec);
void cpu_share_sample(CpuShare *share, uint64_t cpu_usec);
