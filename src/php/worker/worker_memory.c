/* SPDX-License-Identifier: MIT */
#include "php/worker/worker_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum {
        ROLLUP_TEXT_MAX = 4096, /* it has 700 bytes */
        STATM_TEXT_MAX = 256,   /* seven numbers */
};

/* Takes blanks and a number off the text. parse_uint() would want a copy of each. */
static bool take_number(const char **text, uint64_t *ret) {
        const char *p = *text + strspn(*text, " ");
        const char *first = p;
        uint64_t number = 0;

        for (; *p >= '0' && *p <= '9'; p++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                                __builtin_add_overflow(number, (uint64_t) (*p - '0'), &number))
                        return false;

        *text = p;
        *ret = number;
        return p > first;
}

int worker_memory_parse_rollup(const char *text, uint64_t *ret_pss_bytes) {
        uint64_t kilobytes, bytes;
        const char *line;

        line = strstr(text, "\nPss:");
        if (!line)
                return -EBADMSG;

        line += strlen("\nPss:");
        if (!take_number(&line, &kilobytes) || strncmp(line, " kB\n", strlen(" kB\n")) != 0)
                return -EBADMSG;
        if (__builtin_mul_overflow(kilobytes, 1024, &bytes))
                return -EBADMSG;

        *ret_pss_bytes = bytes;
        return 0;
}

/* "size resident shared …", in pages. The kernel counts per CPU and does not always add up before
 * it answers, so that shared can be a little more than resident. */
int worker_memory_parse_statm(const char *text, uint64_t page_bytes, uint64_t *ret_private_bytes) {
        uint64_t n_size, n_resident, n_shared, bytes;

        if (!take_number(&text, &n_size) || !take_number(&text, &n_resident) ||
                        !take_number(&text, &n_shared) || (*text != ' ' && *text != '\n'))
                return -EBADMSG;
        if (n_shared > n_resident)
                n_shared = n_resident;
        if (__builtin_mul_overflow(n_resident - n_shared, page_bytes, &bytes))
                return -EBADMSG;

        *ret_private_bytes = bytes;
        return 0;
}

static int open_in_proc(int proc_fd, const char *path) {
        int fd;

        fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int open_proc(void) {
        int fd;

        fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int worker_memory_init(WorkerMemory *ret, int proc_fd) {
        _cleanup_close_ int own_proc_fd = -EBADF, statm_fd = -EBADF;
        int rollup_fd;

        if (proc_fd < 0) {
                own_proc_fd = proc_fd = open_proc();
                if (proc_fd < 0)
                        return proc_fd;
        }

        statm_fd = open_in_proc(proc_fd, "self/statm");
        if (statm_fd < 0)
                return statm_fd;

        /* Linux has it since 4.14 if built with CONFIG_PROC_PAGE_MONITOR; gVisor has not. */
        rollup_fd = open_in_proc(proc_fd, "self/smaps_rollup");
        if (rollup_fd < 0 && rollup_fd != -ENOENT)
                return rollup_fd;

        *ret = (WorkerMemory){
                .statm_fd = TAKE_FD(statm_fd),
                .rollup_fd = rollup_fd < 0 ? -EBADF : rollup_fd,
                .page_bytes = (uint64_t) sysconf(_SC_PAGESIZE),
        };
        return 0;
}

void worker_memory_done(WorkerMemory *worker_memory) {
        worker_memory->statm_fd = fd_close(worker_memory->statm_fd);
        worker_memory->rollup_fd = fd_close(worker_memory->rollup_fd);
}

/* Both files come whole with one read from their start; that makes the kernel look again. */
static int read_text(int fd, char *ret_text, size_t size) {
        ssize_t n;

        do
                n = pread(fd, ret_text, size - 1, 0);
        while (n < 0 && errno == EINTR);

        if (n < 0)
                return -errno;
        if (n == 0)
                return -ESRCH; /* what seq_file has of a process that is gone */

        ret_text[n] = '\0';
        return 0;
}

int worker_memory_read_pss(const WorkerMemory *worker_memory, uint64_t *ret_bytes) {
        char text[ROLLUP_TEXT_MAX];
        int r;

        if (worker_memory->rollup_fd < 0)
                return -EOPNOTSUPP;

        r = read_text(worker_memory->rollup_fd, text, sizeof(text));
        if (r < 0)
                return r;

        return worker_memory_parse_rollup(text, ret_bytes);
}

int worker_memory_read_private(const WorkerMemory *worker_memory, uint64_t *ret_bytes) {
        char text[STATM_TEXT_MAX];
        int r;

        r = read_text(worker_memory->statm_fd, text, sizeof(text));
        if (r < 0)
                return r;

        return worker_memory_parse_statm(text, worker_memory->page_bytes, ret_bytes);
}
