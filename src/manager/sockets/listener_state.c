/* SPDX-License-Identifier: MIT */
#include "manager/sockets/listener_state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/queue_depth.h"
#include "manager/base/log.h"

enum {
        BLOCKED_SEC = 1,
        TEXT_MAX = 128,

        /* A queue that is shorter than this was not asked for, unless listen.backlog says so. */
        BACKLOG_LEAST = 128,
};

typedef union BoundAddress {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un path;
} BoundAddress;

static int bound_address(int fd, BoundAddress *ret) {
        socklen_t size = sizeof(*ret) - 1; /* a NUL stays behind the path */

        *ret = (BoundAddress){};
        return getsockname(fd, &ret->any, &size) < 0 ? -errno : 0;
}

static unsigned port_of(const BoundAddress *address) {
        if (address->any.sa_family == AF_INET)
                return ntohs(address->v4.sin_port);

        return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

/* Where the socket is bound, for messages. */
static void describe(int fd, char text[static TEXT_MAX]) {
        char host[INET6_ADDRSTRLEN] = "?";
        BoundAddress address;

        if (bound_address(fd, &address) < 0)
                snprintf(text, TEXT_MAX, "fd %d", fd);
        else if (address.any.sa_family == AF_UNIX)
                snprintf(text, TEXT_MAX, "%s", address.path.sun_path);
        else if (address.any.sa_family == AF_INET6)
                snprintf(text, TEXT_MAX, "[%s]:%u",
                                inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof(host)),
                                port_of(&address));
        else
                snprintf(text, TEXT_MAX, "%s:%u",
                                inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof(host)),
                                port_of(&address));
}

bool listener_state_is_hung_up(int fd) {
        struct pollfd pollfd = { .fd = fd };

        fd_finish_shutdown(fd);
        return poll(&pollfd, 1, 0) > 0;
}

static bool listens(int fd) {
        int on = 0;
        socklen_t size = sizeof(on);

        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) >= 0 && on;
}

/* A socket that another process has connected was not shut down. */
bool listener_state_revive(int fd) {
        char text[TEXT_MAX];
        BoundAddress address, peer;
        socklen_t size = sizeof(peer);

        if (listens(fd))
                return true;
        if (bound_address(fd, &address) < 0 || port_of(&address) == 0 ||
                        getpeername(fd, &peer.any, &size) >= 0 || listen(fd, INT_MAX) < 0)
                return false;

        describe(fd, text);
        log_warning("A process of this pool had shut down the socket %s: it listens again", text);
        return true;
}

/* tcp connections inherit the timeout, but no process waits in recv(2) on them. */
int listener_state_unblock(int fd) {
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = BLOCKED_SEC },
                        sizeof(struct timeval));
        return fd_set_nonblock(fd, true);
}

static void restore_nonblock(int fd, const char *text) {
        int flags = fcntl(fd, F_GETFL);

        if (flags >= 0 && !(flags & O_NONBLOCK))
                log_warning("A process of this pool had cleared O_NONBLOCK of the socket %s: it is set again",
                                text);
        (void) listener_state_unblock(fd);
}

static void restore_backlog(int fd, int64_t backlog, const char *text) {
        unsigned wanted = backlog >= 0 ? (unsigned) backlog : INT_MAX, least;
        QueueDepth depth;

        least = wanted < BACKLOG_LEAST ? wanted : BACKLOG_LEAST;
        if (queue_depth_of(fd, &depth) < 0 || depth.n_limit >= least)
                return;

        if (listen(fd, (int) wanted) < 0)
                log_warning_errno(errno, "Cannot set the queue of the socket %s: %m", text);
        else
                log_warning("The queue of the socket %s was set to %u, shorter than its unit or listen.backlog "
                            "say: it is set again",
                                text, depth.n_limit);
}

void listener_state_restore(int fd, int64_t backlog, const char *pool) {
        char text[TEXT_MAX];

        describe(fd, text);
        if (!listener_state_revive(fd) || listener_state_is_hung_up(fd)) {
                log_error("A process of this pool has shut down the socket %s, which gets no connections any more: "
                          "systemctl restart fpmd@%s.socket fpmd@%s.service",
                                text, pool, pool);
                return;
        }

        restore_nonblock(fd, text);
        restore_backlog(fd, backlog, text);
}
