/* SPDX-License-Identifier: MIT */
#pragma once
/* RemoteMemory: reads the memory of a process that goes on running and may say anything there.
 *
 * Runs in: zygote. Trusts: nobody. An address is a claim; the number of reads is bounded. */

#include <stddef.h>
#include <stdint.h>

/* Not a pointer, so that nobody follows it here. */
typedef uint64_t RemoteAddress;

enum {
        REMOTE_WINDOW_BYTES = 4096,
};

typedef struct RemoteMemory {
        int fd;                /* of /proc/PID/mem, borrowed */
        unsigned n_reads_left; /* what lying addresses can cost at most */
        RemoteAddress start;   /* of the window */
        size_t size;
        char window[REMOTE_WINDOW_BYTES];
} RemoteMemory;

/* Copies bytes from an address. Returns 0, -EFAULT when not all of them are there, -ESRCH when the process has gone,
 * -EAGAIN after too many reads, or the negative errno of pread(). */
int remote_memory_copy(RemoteMemory *memory, RemoteAddress address, void *to, size_t size);

/* Copies a struct. Returns 0, -EFAULT for an address that is not aligned and so cannot be that of a struct, or as
 * remote_memory_copy() does. */
int remote_memory_get(RemoteMemory *memory, RemoteAddress address, void *to, size_t size);

/* Does the same for structs that stand close together, each below the former: one read gets the neighbours, too, as
 * they are at that moment, until remote_memory_forget(). */
int remote_memory_peek(RemoteMemory *memory, RemoteAddress address, void *to, size_t size);
void remote_memory_forget(RemoteMemory *memory);
