/* SPDX-License-Identifier: MIT */
#include "base/journal_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fd_pass.h"

enum {
        /* journald has one queue of some hundred datagrams for all senders of the machine. A flood of this pool must
         * only fill the pool's own share of it. */
        SEND_BUFFER_BYTES = 64 << 10,

        DRAIN_POLL_USEC = 50,
};

int journal_socket_open(void) {
        static const struct sockaddr_un journal = {
                .sun_family = AF_UNIX,
                .sun_path = "/run/systemd/journal/socket",
        };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int size = SEND_BUFFER_BYTES;

        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &journal, sizeof(journal)) < 0)
                return -errno;

        return TAKE_FD(fd);
}

/* Before 254 journald takes these seals and no other, so not MFD_NOEXEC_SEAL either. */
static int sealed_memfd(const JournalEntry *entry) {
        _cleanup_close_ int fd = memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        int r;

        if (fd < 0)
                return -errno;

        r = fd_write_all(fd, entry->data, entry->size);
        if (r < 0)
                return r;
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
                return -errno;

        return TAKE_FD(fd);
}

static int send_memfd(int fd, const JournalEntry *entry) {
        _cleanup_close_ int memfd = sealed_memfd(entry);

        return memfd < 0 ? memfd : fd_pass_send(fd, NULL, 0, memfd, MSG_DONTWAIT);
}

int journal_socket_send(int fd, const JournalEntry *entry) {
        if (entry->failed || entry->size == 0)
                return -ENOMEM;

        /* A datagram that could never fit in our share would be refused for ever. */
        if (entry->size > SEND_BUFFER_BYTES / 2)
                return send_memfd(fd, entry);

        return send(fd, entry->data, entry->size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

void journal_stream_limit(int fd) {
        struct timeval limit = { .tv_usec = JOURNAL_STREAM_WAIT_USEC };

        (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static const char *skip_priority(const char *line, const char *end) {
        return end - line > 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' &&
                                               line[2] == '>'
                               ? line + 3
                               : line;
}

/* A file, a pipe or a terminal, as standard error is in a container. */
static int write_without_priorities(int fd, const char *lines, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1);
        const char *end = lines + size;
        size_t n = 0;

        if (!text)
                return -ENOMEM;

        while (lines < end) {
                const char *line = skip_priority(lines, end),
                           *next = memchr(line, '\n', (size_t) (end - line));
                size_t length = (size_t) ((next ? next + 1 : end) - line);

                memcpy(text + n, line, length);
                n += length;
                lines = line + length;
        }

        return fd_write_all(fd, text, n);
}

/* One packet of the socket holds some 32 KB: what is shorter is sent whole or not at all. */
int journal_stream_write(int fd, const char *lines, size_t size) {
        struct iovec iov[] = { { (void *) "\n", 1 }, { (void *) lines, size } };
        struct msghdr message = { .msg_iov = iov, .msg_iovlen = ELEMENTSOF(iov) };
        ssize_t n;

        n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == ENOTSOCK)
                return write_without_priorities(fd, lines, size);
        if (n < 0)
                return -errno;

        return (size_t) n == size + 1 ? 0 : -EAGAIN;
}

void stderr_line(const char *format, ...) {
        _cleanup_free_ char *line = NULL;
        va_list arguments;
        int n;

        va_start(arguments, format);
        n = vasprintf(&line, format, arguments);
        va_end(arguments);
        if (n > 0)
                (void) journal_stream_write(STDERR_FILENO, line, (size_t) n);
}

void journal_stream_end_line(int fd) {
        (void) send(fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int wait_until_read(int fd, uint64_t until) {
        int n_unread;

        while (ioctl(fd, SIOCOUTQ, &n_unread) >= 0 && n_unread > 0) {
                if (clock_now_usec() >= until)
                        return -ETIMEDOUT;
                (void) usleep(DRAIN_POLL_USEC);
        }

        return 0;
}

/* journald may have read an entry and not processed it yet. It processes one after the other, so it is done with the
 * last entry when it has read another datagram: an empty line, which makes no entry. The stream is waited for first,
 * since journald may read either first. Other processes may write there without end. */
int journal_socket_drain(int fd, int stream_fd, uint64_t timeout_usec) {
        uint64_t begin = clock_now_usec();

        if (stream_fd >= 0)
                (void) wait_until_read(stream_fd, begin + timeout_usec / 2);

        (void) send(fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        return wait_until_read(fd, begin + timeout_usec);
}
