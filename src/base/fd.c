/* SPDX-License-Identifier: MIT */
#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int fd_close(int fd) {
        int saved_errno = errno;

        if (fd >= 0)
                (void) close(fd);

        errno = saved_errno;
        return -EBADF;
}

void fd_closep(int *fd) {
        fd_close(*fd);
}

void fd_cover(int fd, int blank_fd) {
        if (fd >= 0)
                (void) dup3(blank_fd, fd, O_CLOEXEC);
}

int fd_set_nonblock(int fd, bool on) {
        int flags;

        flags = fcntl(fd, F_GETFL);
        if (flags < 0)
                return -errno;

        if (fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
                return -errno;

        return 0;
}

void fd_finish_shutdown(int fd) {
        struct pollfd pollfd = { .fd = fd, .events = POLLRDHUP };

        if (poll(&pollfd, 1, 0) > 0 && pollfd.revents == POLLRDHUP)
                (void) shutdown(fd, SHUT_RDWR);
}

void fd_signal_event(int fd) {
        static const uint64_t one = 1;

        (void) !write(fd, &one, sizeof(one));
}

int fd_drain_event(int fd) {
        uint64_t count;
        struct iovec iov = { .iov_base = &count, .iov_len = sizeof(count) };

        return preadv2(fd, &iov, 1, -1, RWF_NOWAIT) < 0 ? -errno : 0;
}

int fd_set_cloexec(int fd, bool on) {
        int flags;

        flags = fcntl(fd, F_GETFD);
        if (flags < 0)
                return -errno;

        if (fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0)
                return -errno;

        return 0;
}

/* Puts fd on the number target, over whatever is open there. */
static int move_to(int fd, int target) {
        if (fd == target)
                return fd_set_cloexec(fd, false);

        while (dup2(fd, target) < 0)
                if (errno != EINTR && errno != EBUSY)
                        return -errno;

        return 0;
}

int fd_arrange(int fds[], size_t n_fds, int first) {
        int behind = first + (int) n_fds;

        /* A descriptor on the target number of another one would be overwritten: such descriptors are copied out of the
         * way. A copy is CLOEXEC, and its original is overwritten below, since every number of the range is a
         * target. */
        for (size_t i = 0; i < n_fds; i++) {
                if (fds[i] < first || fds[i] >= behind || fds[i] == first + (int) i)
                        continue;

                fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, behind);
                if (fds[i] < 0)
                        return -errno;
        }

        for (size_t i = 0; i < n_fds; i++) {
                int r;

                r = move_to(fds[i], first + (int) i);
                if (r < 0)
                        return r;

                fds[i] = first + (int) i;
        }

        return 0;
}

int fd_write_all(int fd, const void *data, size_t size) {
        const char *p = data;

        while (size > 0) {
                ssize_t n;

                n = write(fd, p, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;

                p += n;
                size -= (size_t) n;
        }

        return 0;
}

/* The name ends in a character that no pool's has, nor what others read in a folder of drop-ins. */
int fd_replace_file(int dir_fd, const char *path, const char *text, mode_t mode) {
        _cleanup_free_ char *temporary = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (asprintf(&temporary, "%s+", path) < 0)
                return -ENOMEM;

        (void) unlinkat(dir_fd, temporary, 0);
        fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return -errno;

        r = fd_write_all(fd, text, strlen(text));
        if (r >= 0 && renameat(dir_fd, temporary, dir_fd, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(dir_fd, temporary, 0);

        return r;
}

/* pread() until the end or until size bytes are there; the count, or negative errno. A file that says how long it is,
 * and has no more when more is asked for, is at its end: nothing is asked once more. */
static ssize_t read_from_start(int fd, char *buffer, size_t size, size_t expected) {
        size_t done = 0;

        while (done < size && (done == 0 || done != expected)) {
                ssize_t n;

                n = pread(fd, buffer + done, size - done, (off_t) done);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;

                done += (size_t) n;
        }

        return (ssize_t) done;
}

/* expected: how many bytes it says to have. */
static int read_all(int fd, off_t expected, size_t max_bytes, char **ret, size_t *ret_size) {
        _cleanup_free_ char *buffer = NULL;
        size_t room;
        ssize_t n;

        if (expected > 0 && (uint64_t) expected > max_bytes)
                return -EFBIG;

        /* /proc files say that they are empty, and a file may grow meanwhile. */
        room = expected > 0 ? (size_t) expected + 1 : max_bytes + 1;

        buffer = malloc(room + 1);
        if (!buffer)
                return -ENOMEM;

        n = read_from_start(fd, buffer, room, (size_t) expected);
        if (n < 0)
                return (int) n;
        if ((size_t) n > max_bytes)
                return -EFBIG;
        if ((size_t) n == room)
                return -EAGAIN; /* it grew while we read */

        buffer[n] = '\0';
        *ret = TAKE_PTR(buffer);
        *ret_size = (size_t) n;
        return 0;
}

int fd_read_all(int fd, size_t max_bytes, char **ret, size_t *ret_size) {
        struct stat st;

        return fstat(fd, &st) < 0 ? -errno : read_all(fd, st.st_size, max_bytes, ret, ret_size);
}

/* MFD_NOEXEC_SEAL is asked for because kernels with vm.memfd_noexec=2 refuse a memfd without it,
 * and left out where the kernel (before 6.3) does not know it. */
static int memfd_new(const char *name) {
        int fd;

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

        return fd < 0 ? -errno : fd;
}

int fd_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        /* O_NONBLOCK, because a FIFO would have us wait for ever. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return -errno;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;

        return read_all(fd, st.st_size, max_bytes, ret, ret_size);
}

int fd_memfd_sized(const char *name, size_t size) {
        _cleanup_close_ int fd = -EBADF;

        fd = memfd_new(name);
        if (fd < 0)
                return fd;

        if (ftruncate(fd, (off_t) size) < 0)
                return -errno;

        if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
                return -errno;

        return TAKE_FD(fd);
}

int fd_memfd_empty(const char *name) {
        return memfd_new(name);
}

int fd_memfd_seal(int fd) {
        return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0
                               ? -errno
                               : 0;
}

int fd_memfd_data(const char *name, const void *data, size_t size) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = memfd_new(name);
        if (fd < 0)
                return fd;

        r = fd_write_all(fd, data, size);
        if (r < 0)
                return r;

        r = fd_memfd_seal(fd);
        return r < 0 ? r : TAKE_FD(fd);
}
