/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_connection.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/pages.h"
#include "base/parse.h"

int fcgi_connection_init(FcgiConnection *conn) {
        *conn = (FcgiConnection){ .fd = -EBADF, .input = pages_new(FCGI_INPUT_SIZE) };
        return conn->input ? 0 : -ENOMEM;
}

void fcgi_connection_done(FcgiConnection *conn) {
        pages_free(conn->input, FCGI_INPUT_SIZE);
        *conn = (FcgiConnection){ .fd = -EBADF };
}

void fcgi_connection_open(FcgiConnection *conn, int fd) {
        conn->fd = fd;
        conn->start = conn->end = 0;
        conn->waits = false;
}

int fcgi_connection_release(FcgiConnection *conn) {
        int fd = conn->fd;

        conn->fd = -EBADF;
        conn->start = conn->end = 0;
        return fd;
}

uint64_t fcgi_deadline(uint64_t timeout_usec) {
        return timeout_usec == 0 ? FCGI_DEADLINE_NEVER : clock_now_usec() + timeout_usec;
}

/* Milliseconds for poll(), rounded up so that it does not return just before the deadline. */
static int poll_timeout(uint64_t deadline_usec) {
        uint64_t now_usec, left_usec;

        if (deadline_usec == FCGI_DEADLINE_NEVER)
                return -1;

        now_usec = clock_now_usec();
        if (now_usec >= deadline_usec)
                return 0;

        left_usec = deadline_usec - now_usec;
        return left_usec > INT_MAX ? INT_MAX / 1000 : (int) ((left_usec + 999) / 1000);
}

/* Errors and hang-ups are for the recv() or sendmsg() that follows to find. */
static int wait_for(const FcgiConnection *conn, short events, uint64_t deadline_usec) {
        for (;;) {
                struct pollfd pollfd = { .fd = conn->fd, .events = events };
                int timeout_msec = poll_timeout(deadline_usec);
                int n;

                if (timeout_msec == 0)
                        return -ETIMEDOUT;

                n = poll(&pollfd, 1, timeout_msec);
                if (n > 0)
                        return 0;
                if (n < 0 && errno != EINTR)
                        return -errno;
        }
}

/* Receives what is there in one call. Returns the number of bytes, 0 at EOF, or a negative errno. */
static int receive(FcgiConnection *conn) {
        for (;;) {
                ssize_t n;

                n = recv(conn->fd, conn->input + conn->end, FCGI_INPUT_SIZE - conn->end,
                                MSG_DONTWAIT);
                if (n >= 0) {
                        conn->end += (size_t) n;
                        return (int) n;
                }

                if (errno != EINTR)
                        return -errno;
        }
}

/* What is left is the beginning of something short: moving it makes room for a large recv(). */
static void compact(FcgiConnection *conn) {
        size_t n = fcgi_connection_available(conn);

        memmove(conn->input, fcgi_connection_data(conn), n);
        conn->start = 0;
        conn->end = n;
}

int fcgi_connection_fill(FcgiConnection *conn, size_t n, uint64_t deadline_usec) {
        assert(n <= FCGI_INPUT_SIZE);

        if (fcgi_connection_available(conn) >= n)
                return 0;

        compact(conn);
        while (fcgi_connection_available(conn) < n) {
                int r;

                /* A peer that always has sent more would never let it come to the poll(). */
                if (deadline_usec != FCGI_DEADLINE_NOW && deadline_usec != FCGI_DEADLINE_NEVER &&
                                clock_now_usec() >= deadline_usec)
                        return -ETIMEDOUT;

                r = receive(conn);
                if (r == -EAGAIN)
                        r = wait_for(conn, POLLIN, deadline_usec);
                else if (r == 0)
                        return -ENODATA;
                if (r < 0)
                        return r;
        }

        return 0;
}

static void advance(struct iovec **iov, size_t *n_iov, size_t sent) {
        while (*n_iov > 0 && sent >= (*iov)->iov_len) {
                sent -= (*iov)->iov_len;
                (*iov)++;
                (*n_iov)--;
        }

        if (sent > 0) {
                (*iov)->iov_base = (uint8_t *) (*iov)->iov_base + sent;
                (*iov)->iov_len -= sent;
        }
}

/* Most answers are one piece, and send() has less to copy in. */
static ssize_t send_some(const FcgiConnection *conn, struct iovec *iov, size_t n_iov, bool wait) {
        struct msghdr message = { .msg_iov = iov, .msg_iovlen = n_iov };
        int flags = wait ? MSG_NOSIGNAL : MSG_NOSIGNAL | MSG_DONTWAIT;

        if (n_iov == 1)
                return send(conn->fd, iov->iov_base, iov->iov_len, flags);

        return sendmsg(conn->fd, &message, flags);
}

/* An answer that the socket cannot hold at once: from here on the call itself waits until the peer has taken
 * it, which costs half of a poll() and another call for each time. */
static int let_send_wait(FcgiConnection *conn, uint64_t stall_usec) {
        struct timeval limit = {
                .tv_sec = (time_t) (stall_usec / USEC_PER_SEC),
                .tv_usec = (suseconds_t) (stall_usec % USEC_PER_SEC),
        };

        if (setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
                return -errno;

        conn->waits = true;
        return 0;
}

/* The timeout of the socket is one of silence: it says nothing about a peer that takes a byte now and then. So
 * with a deadline the call never waits, poll() does. */
static int wait_for_room(FcgiConnection *conn, uint64_t stall_usec, uint64_t deadline_usec) {
        uint64_t silence_usec;

        if (deadline_usec == FCGI_DEADLINE_NEVER)
                return conn->waits ? -ETIMEDOUT : let_send_wait(conn, stall_usec);

        silence_usec = fcgi_deadline(stall_usec);
        return wait_for(conn, POLLOUT, silence_usec < deadline_usec ? silence_usec : deadline_usec);
}

int fcgi_connection_send(FcgiConnection *conn, struct iovec *iov, size_t n_iov, uint64_t stall_usec,
                uint64_t deadline_usec) {
        for (;;) {
                ssize_t n;
                int r;

                advance(&iov, &n_iov, 0);
                if (n_iov == 0)
                        return 0;

                n = send_some(conn, iov, n_iov,
                                conn->waits && deadline_usec == FCGI_DEADLINE_NEVER);
                if (n >= 0) {
                        advance(&iov, &n_iov, (size_t) n);
                        continue;
                }

                if (errno == EINTR)
                        continue;
                if (errno != EAGAIN)
                        return -errno;

                r = wait_for_room(conn, stall_usec, deadline_usec);
                if (r < 0)
                        return r;
        }
}

int fcgi_connection_probe(const FcgiConnection *conn) {
        return send(conn->fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN ? -errno
                                                                                         : 0;
}

void fcgi_connection_shutdown(FcgiConnection *conn) {
        (void) shutdown(conn->fd, SHUT_WR);
}

void fcgi_connection_linger(FcgiConnection *conn, uint64_t timeout_usec, uint64_t max_bytes) {
        uint64_t deadline_usec = fcgi_deadline(timeout_usec), n = 0;

        fcgi_connection_shutdown(conn);
        while (n < max_bytes) {
                n += fcgi_connection_available(conn);
                fcgi_connection_consume(conn, fcgi_connection_available(conn));
                if (fcgi_connection_fill(conn, 1, deadline_usec) < 0)
                        return;
        }
}
