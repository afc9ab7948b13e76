/* SPDX-License-Identifier: MIT */
#include "php/trace/remote_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int remote_memory_copy(RemoteMemory *memory, RemoteAddress address, void *to, size_t size) {
        ssize_t n;

        if (memory->n_reads_left == 0)
                return -EAGAIN;
        memory->n_reads_left--;

        n = pread(memory->fd, to, size, (off_t) address);
        if (n < 0)
                return errno == EIO ? -EFAULT : -errno;
        if (n == 0)
                return -ESRCH; /* /proc/PID/mem outlives its process as an empty file */

        return (size_t) n == size ? 0 : -EFAULT;
}

static bool is_pointer(RemoteAddress address) {
        return address >= REMOTE_WINDOW_BYTES && address < UINT64_C(1) << 56 &&
               address % sizeof(void *) == 0;
}

int remote_memory_get(RemoteMemory *memory, RemoteAddress address, void *to, size_t size) {
        return is_pointer(address) ? remote_memory_copy(memory, address, to, size) : -EFAULT;
}

static bool window_has(const RemoteMemory *memory, RemoteAddress address, size_t size) {
        return address >= memory->start && address + size <= memory->start + memory->size;
}

int remote_memory_peek(RemoteMemory *memory, RemoteAddress address, void *to, size_t size) {
        int r;

        if (!is_pointer(address) || size > sizeof(memory->window))
                return -EFAULT;

        if (!window_has(memory, address, size)) {
                memory->start = address + size - sizeof(memory->window);
                memory->size = sizeof(memory->window);
                r = remote_memory_copy(memory, memory->start, memory->window, memory->size);
                if (r < 0) {
                        /* Nothing stands below it. */
                        remote_memory_forget(memory);
                        return remote_memory_copy(memory, address, to, size);
                }
        }

        memcpy(to, memory->window + (address - memory->start), size);
        return 0;
}

void remote_memory_forget(RemoteMemory *memory) {
        memory->size = 0;
}
