/* SPDX-License-Identifier: MIT */
#pragma once
/* Resources: the memory and CPU time of a pool: of its cgroup where that is accounted, else of its
 * processes.
 *
 * Runs in: fpmctl, fpmd-exporter. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct Resources {
        uint64_t memory_bytes;
        uint64_t cpu_usec;
        bool of_cgroup; /* the kernel's own account of both */
} Resources;

/* pid is that of the manager. What cannot be told is 0. */
void resources_read(pid_t pid, Resources *ret);

/* What one process has for itself; 0: it is not there. */
uint64_t resources_of_process(pid_t pid);

/* --- pure parts --- */

/* The path of the unified hierarchy in /proc/PID/cgroup, or of systemd's own where there are several:
 * cut out of text in place. NULL: there is none. */
const char *resources_cgroup(char *text);

/* utime, stime and those of the children that were waited for, in ticks, of /proc/PID/stat. 0 or -EBADMSG. */
int resources_ticks(const char *stat, uint64_t *ret);
