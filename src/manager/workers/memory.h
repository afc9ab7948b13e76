/* SPDX-License-Identifier: MIT */
#pragma once
/* Memory: how much of it the pool may use, for pm = auto.
 *
 * Runs in: manager.
 * Trusts:  the kernel's files. Their paths in /proc/self/cgroup are ours or our administrator's. */

#include <stddef.h>
#include <stdint.h>

typedef enum MemorySource {
        MEMORY_CGROUP_LIMIT,
        MEMORY_MACHINE_AVAILABLE,
} MemorySource;

typedef struct MemoryBudget {
        uint64_t bytes; /* can be 0: a limit may say so */
        MemorySource source;
        char description[256]; /* for the log: the file that says so, cut if longer */
} MemoryBudget;

/* Finds the tightest of memory.max, memory.high (cgroup v2) and memory.limit_in_bytes (v1) of this process's cgroup and
 * those above it. If none is below the machine's memory, the budget is what the machine has available plus used_bytes,
 * which the pool uses already (0: not known) and which would be available without the pool. Returns 0, -EBADMSG when a
 * file is not as the kernel writes it, or another negative errno. */
int memory_budget(uint64_t used_bytes, MemoryBudget *ret);

/* Does the same with the proc and sys below root_fd. */
int memory_budget_at(int root_fd, uint64_t used_bytes, MemoryBudget *ret);

#define MEMORY_UNLIMITED UINT64_MAX

/* Reads the text of a limit file; "max", and what v1 writes for it, is MEMORY_UNLIMITED. Pure. Returns 0 or
 * -EBADMSG. */
int memory_parse_limit(const char *text, uint64_t *ret_bytes);

typedef struct MachineMemory {
        uint64_t total_bytes;
        uint64_t available_bytes;
} MachineMemory;

/* Reads the text of /proc/meminfo, of which the end may be missing. Pure. Returns 0 or -EBADMSG. */
int memory_parse_meminfo(const char *text, MachineMemory *ret);

/* Reads from the text of /proc/self/cgroup the path of this process in the hierarchy of a v1 controller, or in that of
 * v2 for "". The path has no slash at its end: the root is "". Pure. Returns 0, -ENOENT when there is no such
 * hierarchy, -EBADMSG or -ENAMETOOLONG. */
int memory_parse_cgroup(const char *text, const char *controller, char *ret_path, size_t size);
