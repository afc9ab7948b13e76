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

/* The tightest of memory.max, memory.high (cgroup v2) and memory.limit_in_bytes (v1) of our own
 * cgroup and those above it. Without one below the machine's memory it is what the machine has
 * available, and with it used_bytes: what the pool uses already (0: not known), which would be
 * available if the pool were not there. 0, -EBADMSG (not as the kernel writes it) or negative
 * errno.
 */
int memory_budget(uint64_t used_bytes, MemoryBudget *ret);

/* The same for the proc and sys below root_fd. */
int memory_budget_at(int root_fd, uint64_t used_bytes, MemoryBudget *ret);

#define MEMORY_UNLIMITED UINT64_MAX

/* Pure: the text of a limit file. "max", and what v1 writes for it, is MEMORY_UNLIMITED. 0 or
 * -EBADMSG. */
int memory_parse_limit(const char *text, uint64_t *ret_bytes);

typedef struct MachineMemory {
        uint64_t total_bytes;
        uint64_t available_bytes;
} MachineMemory;

/* Pure: the text of /proc/meminfo, of which the end may be missing. 0 or -EBADMSG. */
int memory_parse_meminfo(const char *text, MachineMemory *ret);

/* Pure: from the text of /proc/self/cgroup, our path in the hierarchy of a v1 controller, or in
 * that of v2 for "". Without the last slash: the root is "". 0, -ENOENT (no such hierarchy),
 * -EBADMSG or -ENAMETOOLONG. */
int memory_parse_cgroup(const char *text, const char *controller, char *ret_path, size_t size);
