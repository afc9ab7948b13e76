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

/* Opens the files. proc_fd is a directory fd of /proc from before a chroot, borrowed, or -EBADF for "/proc". A process
 * can leave the chroot by such an fd, so it is to be closed before the first request. Returns 0 or a negative errno. */
int worker_memory_init(WorkerMemory *ret, int proc_fd);
void worker_memory_done(WorkerMemory *worker_memory);

/* Reads its share of the pool's memory (PSS), in bytes: a page that n processes share, the zygote's, PHP's or
 * opcache's, counts as an n-th. The sum over all workers is what they take together. The kernel walks all page tables
 * for it, 0.2 ms at 10 MiB and 1 to 2 ms more for each 100 MiB, so call it rarely. Returns 0, -EOPNOTSUPP or a negative
 * errno. */
int worker_memory_read_pss(const WorkerMemory *worker_memory, uint64_t *ret_bytes);

/* Reads its anonymous memory in bytes: what it allocated and what it inherited from the zygote, also pages that were
 * not written since; without files and shared memory (opcache). It takes 1 µs whatever the size, so it can be called
 * after each request. Returns 0 or a negative errno. */
int worker_memory_read_private(const WorkerMemory *worker_memory, uint64_t *ret_bytes);

/* Read the texts of smaps_rollup and statm. Pure. Return 0 or -EBADMSG. */
int worker_memory_parse_rollup(const char *text, uint64_t *ret_pss_bytes);
int worker_memory_parse_statm(const char *text, uint64_t page_bytes, uint64_t *ret_private_bytes);
