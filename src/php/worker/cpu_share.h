/* SPDX-License-Identifier: MIT */
#pragma once
/* CpuShare: the share of a CPU that the last request has used, for the status page.
 *
 * To read the CPU time of a process takes a system call of half a microsecond; before and after each request that would
 * be a twentieth of what a hello page costs. So short requests are measured together, and the sample after one is the
 * sample before the next.
 *
 * Runs in: worker. Pure. */

#include <stdbool.h>
#include <stdint.h>

enum {
        /* A request that takes so many microseconds is measured at once, together with shorter ones before it. */
        CPU_SHARE_SAMPLE_USEC = 1000,
};

typedef struct CpuShare {
        uint64_t cpu_usec;     /* at the last sample */
        uint64_t elapsed_usec; /* of the requests since */
        unsigned n_requests;   /* since */
        uint64_t centipercent; /* of one CPU, in hundredths of a percent, at the last sample */
} CpuShare;

/* Begins with the CPU time that the process has used until now. */
void cpu_share_init(CpuShare *ret, uint64_t cpu_usec);

/* Add a request that is over; returns whether it is time to read the CPU time, which goes into cpu_share_sample(). */
bool cpu_share_add(CpuShare *share, uint64_t duration_usec);
void cpu_share_sample(CpuShare *share, uint64_t cpu_usec);
