/* SPDX-License-Identifier: MIT */
#include "php/files/write_coalescer.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void write_coalescer_reset(WriteCoalescer *held) {
        held->used = held->last = 0;
}

/* Not write(), which php_upload.c has made its own. */
static int write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                long n = syscall(SYS_write, fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;

                data += n;
                size -= (size_t) n;
        }

        return 0;
}

int write_coalescer_flush(WriteCoalescer *held, int fd) {
        int r = write_all(fd, held->bytes, held->used);

        held->used = 0;
        return r;
}

static int make_room(WriteCoalescer *held, int fd, size_t size) {
        return size > sizeof(held->bytes) - held->used ? write_coalescer_flush(held, fd) : 0;
}

int write_coalescer_put(WriteCoalescer *held, int fd, const void *piece, size_t size) {
        bool is_first = held->last == 0, is_shorter = size < held->last;
        int r;

        held->last = size;
        if (size > sizeof(held->bytes)) {
                r = write_coalescer_flush(held, fd);
                return r < 0 ? r : write_all(fd, piece, size);
        }

        r = make_room(held, fd, size);
        if (r < 0)
                return r;

        memcpy(held->bytes + held->used, piece, size);
        held->used += size;
        return is_first || is_shorter ? write_coalescer_flush(held, fd) : 0;
}
