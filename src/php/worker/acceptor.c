/* SPDX-License-Identifier: MIT */
#include "php/worker/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fd.h"

enum {
        EVENTS_MAX = 16,

        /* Listeners have numbers from 0 on, kept connections from KEEPALIVE_TAG_FIRST on. */
        TAG_LEASH = 1 << 16,
        TAG_TAKE,
};

struct Acceptor {
        int epoll_fd, lifeline_fd, handoff_in_fd;
        bool takes; /* what is handed over is watched */
        Keepalive *keepalive;
        uint64_t tags[EVENTS_MAX]; /* what the last epoll_wait() found, from next_tag on not yet seen to */
        size_t n_tags, next_tag;
        size_t n_listen_fds, next;
        int listen_fds[];
};

static int watch(int epoll_fd, int fd, uint32_t events, uint64_t tag) {
        struct epoll_event event = { .events = events, .data.u64 = tag };

        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_epoll(Acceptor *acceptor) {
        int r;

        acceptor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (acceptor->epoll_fd < 0)
                return -errno;

        for (size_t i = 0; i < acceptor->n_listen_fds; i++) {
                r = watch(acceptor->epoll_fd, acceptor->listen_fds[i], EPOLLIN | EPOLLEXCLUSIVE, i);
                if (r < 0)
                        return r;
        }

        return watch(acceptor->epoll_fd, acceptor->lifeline_fd, EPOLLIN, TAG_LEASH);
}

int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int lifeline_fd) {
        _cleanup_(acceptor_freep) Acceptor *acceptor = NULL;
        int r;

        acceptor = calloc(1, sizeof(*acceptor) + n_listen_fds * sizeof(int));
        if (!acceptor)
                return -ENOMEM;

        acceptor->epoll_fd = -EBADF;
        acceptor->lifeline_fd = lifeline_fd;
        acceptor->n_listen_fds = n_listen_fds;
        memcpy(acceptor->listen_fds, listen_fds, n_listen_fds * sizeof(int));
        r = open_epoll(acceptor);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(acceptor);
        return 0;
}

Acceptor *acceptor_free(Acceptor *acceptor) {
        if (!acceptor)
                return NULL;

        keepalive_free(acceptor->keepalive);
        fd_close(acceptor->epoll_fd);
        free(acceptor);
        return NULL;
}

static int begin_to_take(Acceptor *acceptor) {
        int r = watch(acceptor->epoll_fd, acceptor->handoff_in_fd, EPOLLIN | EPOLLEXCLUSIVE,
                        TAG_TAKE);

        acceptor->takes = r >= 0;
        return r;
}

/* Whoever has as many as it can keep leaves them to others, such as those that come up after it in a restart. */
static void take(Acceptor *acceptor) {
        if (keepalive_count(acceptor->keepalive) < KEEPALIVE_MAX) {
                (void) keepalive_receive(acceptor->keepalive);
                return;
        }

        (void) epoll_ctl(acceptor->epoll_fd, EPOLL_CTL_DEL, acceptor->handoff_in_fd, NULL);
        acceptor->takes = false;
}

int acceptor_keep(Acceptor *acceptor, int handoff_in_fd, int handoff_out_fd,
                const Scoreboard *board) {
        int r;

        acceptor->handoff_in_fd = handoff_in_fd;
        r = begin_to_take(acceptor);
        if (r < 0)
                return r;

        return keepalive_new(&acceptor->keepalive, acceptor->epoll_fd, handoff_in_fd,
                        handoff_out_fd, board);
}

Keepalive *acceptor_keepalive(Acceptor *acceptor) {
        return acceptor->keepalive;
}

void acceptor_cover_fds(const Acceptor *acceptor, int blank_fd) {
        for (size_t i = 0; i < acceptor->n_listen_fds; i++)
                fd_cover(acceptor->listen_fds[i], blank_fd);
        fd_cover(acceptor->epoll_fd, blank_fd);
        fd_cover(acceptor->lifeline_fd, blank_fd);
        keepalive_cover_fds(acceptor->keepalive, blank_fd);
}

/* What accept(2) says to retry: errors of a connection that died in the queue, not of the listener.
 */
static bool is_transient(int error) {
        return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
               error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
               error == EOPNOTSUPP || error == ENETUNREACH || error == ENOPROTOOPT;
}

static int accept_from(const Acceptor *acceptor, size_t queue, Arrival *ret) {
        int fd;

        do
                fd = accept4(acceptor->listen_fds[queue], NULL, NULL, SOCK_CLOEXEC);
        while (fd < 0 && is_transient(errno));
        if (fd < 0)
                return -errno;

        *ret = (Arrival){ .fd = fd, .queue = queue };
        return 0;
}

/* Each listener gets its turn, or a busy unix socket would starve the tcp one. */
static int accept_any(Acceptor *acceptor, Arrival *ret) {
        for (size_t i = 0; i < acceptor->n_listen_fds; i++) {
                size_t queue = acceptor->next;
                int r;

                acceptor->next = (acceptor->next + 1) % acceptor->n_listen_fds;
                r = accept_from(acceptor, queue, ret);
                if (r != -EAGAIN)
                        return r;
        }

        return -EAGAIN;
}

static int borrow(Acceptor *acceptor, uint64_t tag, Arrival *ret) {
        Arrival arrival = { .is_keepalive = true };

        arrival.fd = keepalive_borrow(acceptor->keepalive, tag, &arrival.past);
        if (arrival.fd < 0)
                return -EAGAIN;

        *ret = arrival;
        return 0;
}

/* What another worker hands over is looked at like all that is kept. */
static int see_to(Acceptor *acceptor, uint64_t tag, Arrival *ret) {
        if (tag >= KEEPALIVE_TAG_FIRST)
                return borrow(acceptor, tag, ret);
        if (tag < acceptor->n_listen_fds)
                return accept_from(acceptor, tag, ret);
        if (tag == TAG_TAKE)
                take(acceptor);

        return -EAGAIN;
}

int acceptor_try(Acceptor *acceptor, Arrival *ret) {
        int r;

        while (acceptor->next_tag < acceptor->n_tags) {
                r = see_to(acceptor, acceptor->tags[acceptor->next_tag++], ret);
                if (r != -EAGAIN)
                        return r;
        }

        return keepalive_count(acceptor->keepalive) > 0 ? -EAGAIN : accept_any(acceptor, ret);
}

/* A connection at a listener, or one that is handed over, wakes one worker only: this one, who has to take it
 * before it does anything else. A kept one waits for this worker in any case. */
static void note(Acceptor *acceptor, const struct epoll_event events[], int n, bool keepalive) {
        for (int i = 0; i < n; i++)
                if ((events[i].data.u64 >= KEEPALIVE_TAG_FIRST) == keepalive)
                        acceptor->tags[acceptor->n_tags++] = events[i].data.u64;
}

static int lifeline_event(const struct epoll_event events[], int n) {
        for (int i = 0; i < n; i++)
                if (events[i].data.u64 == TAG_LEASH)
                        /* The end of a pipe whose other end closes reports EPOLLHUP, asked for or not. */
                        return events[i].events & (EPOLLHUP | EPOLLERR) ? -ESHUTDOWN : 1;

        return 0;
}

int acceptor_wait(Acceptor *acceptor, int timeout_msec) {
        struct epoll_event events[EVENTS_MAX];
        int n;

        if (acceptor->keepalive && !acceptor->takes &&
                        keepalive_count(acceptor->keepalive) < KEEPALIVE_MAX)
                (void) begin_to_take(acceptor);

        acceptor->n_tags = acceptor->next_tag = 0;
        n = epoll_wait(acceptor->epoll_fd, events, EVENTS_MAX, timeout_msec);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ETIMEDOUT;

        note(acceptor, events, n, false);
        note(acceptor, events, n, true);
        return lifeline_event(events, n);
}

bool acceptor_lifeline_is_cut(Acceptor *acceptor) {
        struct pollfd pollfd = { .fd = acceptor->lifeline_fd };

        return poll(&pollfd, 1, 0) > 0;
}
