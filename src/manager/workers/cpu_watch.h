/* SPDX-License-Identifier: MIT */
#pragma once
/* CpuWatch: how many processes of the pool have a CPU on average, and how many want one. Where many more want one than
 * have one, another worker would only wait with them.
 *
 * Runs in: manager of fpmd@POOL.service; elsewhere nothing is measured.
 * Trusts:  the kernel alone: its list of the cgroup, /proc/PID/schedstat and /proc/PID/stat. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        CPU_WATCH_PROCESSES_MAX = 1024, /* of a larger pool the first count */
};

typedef struct CpuTime {
        pid_t pid;
        uint64_t ran_nsec, waited_nsec; /* since its start */
        bool is_runnable;               /* at this moment it has a CPU, or wants one */
} CpuTime;

typedef struct CpuWatch {
        CpuTime *times; /* of the last sample, in the order of pid */
        size_t n_times;
        uint64_t sampled_usec, measured_usec; /* 0: never */
        double running, runnable;            /* as of measured_usec */
} CpuWatch;

/* Frees what was measured. */
void cpu_watch_done(CpuWatch *watch);

/* Measures again, unless the last measurement was a few milliseconds ago. Returns whether running and runnable are
 * known: that takes two measurements, of which neither is older than ten seconds. */
bool cpu_watch_measure(CpuWatch *watch, const char *pool, uint64_t now_usec);

/* Computes both numbers from two measurements, usec apart. The kernel adds the time for which a process has waited
 * only when it gets its CPU, which on a crowded machine is too late for a short interval: so the processes that are
 * runnable at the second measurement are the least that is returned. Both lists are in the order of pid; a process
 * that is not in the first list has started since. Pure. */
void cpu_watch_compare(const CpuTime before[], size_t n_before, const CpuTime after[],
                size_t n_after, uint64_t usec, double *ret_running, double *ret_runnable);

/* Returns how many CPUs this process may use, at least 1. */
unsigned cpu_watch_count_cpus(void);
