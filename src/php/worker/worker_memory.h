/* SPDX-License-Identifier: MIT */
#pragma once
/* WorkerMemory: how much memory this worker takes.
 *
 * Runs in: worker. Works as the pool's user without being dumpable, when all in /proc/self belongs
 * to root: the two files are mode 0444, and the kernel lets a process see itself.
 *
 * The fds stand for the process that opened them, also in its children: a worker opens its own. */

#include <stdint.h>

typedef struct WorkerMemory {
        int statm_fd;
        int rollup_fd; /* -EBADF in a kernel without smaps_rollup */
        uint64_t page_bytes;
} WorkerMemory;

/* proc_fd is a directory fd of /proc from before a chroot, borrowed; -EBADF: "/proc". Whoever has
 * such an fd can leave the chroot by it: close it before the first request. 0 or negative errno. */
int worker_memory_init(WorkerMemory *ret, int proc_fd);
void worker_memory_done(WorkerMemory *worker_memory);

/* Its share of the pool's memory (PSS): what it shares with n others, the zygote's pages, PHP,
 * opcache, counts as an n-th. The sum over all workers is what they take together. The kernel walks
 * all page tables for it: 0.2 ms at 10 MiB, 1 to 2 ms more for each 100 MiB. Now and then only. 0,
 * -EOPNOTSUPP or negative errno. */
int worker_memory_read_pss(const WorkerMemory *worker_memory, uint64_t *ret_bytes);

/* Its anonymous memory: what it allocated and what it inherited from the zygote, also where nobody
 * has written to that since; no files, no shared memory (opcache). Costs 1 µs whatever the size, so
 * it can be asked after each request. 0 or negative errno. */
int worker_memory_read_private(const WorkerMemory *worker_memory, uint64_t *ret_bytes);

/* Pure: the texts of smaps_rollup and statm. 0 or -EBADMSG. */
int worker_memory_parse_rollup(const char *text, uint64_t *ret_pss_bytes);
int worker_memory_parse_statm(const char *text, uint64_t page_bytes, uint64_t *ret_private_bytes);
