/* SPDX-License-Identifier: MIT */
#pragma once
/* Resources: the memory and CPU time of a pool, of its cgroup where the kernel accounts them there, else of its
 * processes.
 *
 * Runs in: fpmctl, fpmd-exporter, fpmd-agent. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct Resources {
        uint64_t memory_bytes;
        uint64_t cpu_usec;
        bool of_cgroup; /* the kernel's own account of both */
} Resources;

/* Reads the resources of the pool whose manager has this pid. Numbers that are not known are 0. */
void resources_read(pid_t pid, Resources *ret);

/* Returns the private memory of one process in bytes, or 0 if there is no such process. */
uint64_t resources_of_process(pid_t pid);

/* --- pure parts --- */

/* Returns the path of the unified hierarchy in the text of /proc/PID/cgroup, or of systemd's own hierarchy where there
 * are several, cut out in place; NULL if there is none. */
const char *resources_cgroup(char *text);

/* Adds up utime, stime and those of the children that were waited for, in ticks, of the text of /proc/PID/stat. Returns
 * 0 or -EBADMSG. */
int resources_ticks(const char *stat, uint64_t *ret);
