/* SPDX-License-Identifier: MIT */
#include "pool/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "shared/clock.h"
#include "shared/fd.h"

enum {
        /* How long a worker stays with a kept connection, whoever else waits: a web server that is busy
         * has its next request there long before. */
        KEPT_ALONE_MSEC = 50,
        /* And how long a worker that is about to be free gets to take a connection before it does. */
        KEPT_YIELD_MSEC = 1,
};

struct Acceptor {
        int epoll_fd, leash_fd;
        size_t n_listen_fds, next;
        int listen_fds[];
};

static int watch(int epoll_fd, int fd, uint32_t events) {
        struct epoll_event event = { .events = events, .data.fd = fd };

        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* A new epoll fd that watches listeners and leash; negative errno. */
static int open_epoll(const Acceptor *acceptor, uint32_t leash_events) {
        _cleanup_(fd_closep) int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        int r;

        if (epoll_fd < 0)
                return -errno;

        for (size_t i = 0; i < acceptor->n_listen_fds; i++) {
                r = watch(epoll_fd, acceptor->listen_fds[i], EPOLLIN | EPOLLEXCLUSIVE);
                if (r < 0)
                        return r;
        }

        /* The end of a pipe whose other end closes reports EPOLLHUP, asked for or not. */
        r = watch(epoll_fd, acceptor->leash_fd, leash_events);
        return r < 0 ? r : TAKE_FD(epoll_fd);
}

int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int leash_fd) {
        _cleanup_(acceptor_freep) Acceptor *acceptor = NULL;

        acceptor = calloc(1, sizeof(*acceptor) + n_listen_fds * sizeof(int));
        if (!acceptor)
                return -ENOMEM;

        acceptor->leash_fd = leash_fd;
        acceptor->n_listen_fds = n_listen_fds;
        memcpy(acceptor->listen_fds, listen_fds, n_listen_fds * sizeof(int));
        acceptor->epoll_fd = open_epoll(acceptor, EPOLLIN);
        if (acceptor->epoll_fd < 0)
                return acceptor->epoll_fd;

        *ret = TAKE_PTR(acceptor);
        return 0;
}

Acceptor *acceptor_free(Acceptor *acceptor) {
        if (!acceptor)
                return NULL;

        fd_close(acceptor->epoll_fd);
        free(acceptor);
        return NULL;
}

/* What accept(2) says to retry: errors of a connection that died in the queue, not of the listener.
 */
static bool is_transient(int error) {
        return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
               error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
               error == EOPNOTSUPP || error == ENETUNREACH || error == ENOPROTOOPT;
}

int acceptor_try(Acceptor *acceptor, size_t *ret_queue) {
        /* Each listener gets its turn, or a busy unix socket would starve the tcp one. */
        for (size_t i = 0; i < acceptor->n_listen_fds; i++) {
                int listen_fd = acceptor->listen_fds[acceptor->next], fd;

                *ret_queue = acceptor->next;
                acceptor->next = (acceptor->next + 1) % acceptor->n_listen_fds;
                do
                        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
                while (fd < 0 && is_transient(errno));
                if (fd >= 0)
                        return fd;
                if (errno != EAGAIN)
                        return -errno;
        }

        return -EAGAIN;
}

int acceptor_wait(Acceptor *acceptor, int timeout_msec) {
        struct epoll_event event;
        int n;

        n = epoll_wait(acceptor->epoll_fd, &event, 1, timeout_msec);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ETIMEDOUT;

        if (event.data.fd != acceptor->leash_fd)
                return 0;

        return event.events & (EPOLLHUP | EPOLLERR) ? -ESHUTDOWN : 1;
}

static int wait_kept_alone(const Acceptor *acceptor, int fd, int timeout_msec) {
        struct pollfd fds[] = {
                { .fd = fd, .events = POLLIN },
                { .fd = acceptor->leash_fd },
        };
        int n;

        do
                n = poll(fds, 2, timeout_msec);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? -errno : -ETIMEDOUT;

        return fds[0].revents ? 0 : -ESHUTDOWN;
}

static int wait_epoll(int epoll_fd, int timeout_msec) {
        struct epoll_event event;
        int n;

        do
                n = epoll_wait(epoll_fd, &event, 1, timeout_msec);
        while (n < 0 && errno == EINTR);

        return n < 0 ? -errno : n;
}

/* With listeners of its own, that are at the end of the queue of those who can be woken: a worker that
 * sleeps without a connection comes first. A request that comes at the same time is not thrown away. */
static int wait_kept_among(const Acceptor *acceptor, int fd, int timeout_msec) {
        uint64_t end_usec = clock_now_usec() + (uint64_t) timeout_msec * 1000;
        _cleanup_(fd_closep) int epoll_fd = open_epoll(acceptor, 0);
        int r;

        if (epoll_fd < 0)
                return epoll_fd;

        r = watch(epoll_fd, fd, EPOLLIN);
        if (r < 0)
                return r;

        do {
                r = wait_epoll(epoll_fd, timeout_msec);
                if (r <= 0)
                        return r < 0 ? r : -ETIMEDOUT;

                r = wait_kept_alone(acceptor, fd, KEPT_YIELD_MSEC);
                if (r != -ETIMEDOUT)
                        return r;

                if (wait_epoll(epoll_fd, 0) > 0)
                        return -EBUSY;
        } while (clock_now_usec() < end_usec);

        return -ETIMEDOUT;
}

int acceptor_wait_kept(Acceptor *acceptor, int fd, int timeout_msec) {
        int r;

        r = wait_kept_alone(acceptor, fd, KEPT_ALONE_MSEC);
        if (r != -ETIMEDOUT)
                return r;

        return wait_kept_among(acceptor, fd, timeout_msec - KEPT_ALONE_MSEC);
}

bool acceptor_leash_is_cut(Acceptor *acceptor) {
        struct pollfd pollfd = { .fd = acceptor->leash_fd };

        return poll(&pollfd, 1, 0) > 0;
}
