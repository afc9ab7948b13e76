/* SPDX-License-Identifier: MIT */
#include "base/queue_depth.h"

#include <errno.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/unix_diag.h"

/* For a listening tcp socket the kernel puts the accept queue in these two fields (tcp_get_info()).
 */
static int tcp_depth(int fd, QueueDepth *ret) {
        struct tcp_info info = {};
        socklen_t size = sizeof(info);

        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
                return -errno;

        *ret = (QueueDepth){ .n_queued = info.tcpi_unacked, .n_limit = info.tcpi_sacked };
        return 0;
}

static int unix_depth(int fd, QueueDepth *ret) {
        struct unix_diag_rqlen rqlen;
        int r;

        r = unix_diag_ask(fd, UDIAG_SHOW_RQLEN, UNIX_DIAG_RQLEN, &rqlen, sizeof(rqlen));
        if (r < 0)
                return r;

        *ret = (QueueDepth){ .n_queued = rqlen.udiag_rqueue, .n_limit = rqlen.udiag_wqueue };
        return 0;
}

int queue_depth_of(int fd, QueueDepth *ret) {
        int domain;
        socklen_t size = sizeof(domain);

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
                return -errno;

        return domain == AF_UNIX ? unix_depth(fd, ret) : tcp_depth(fd, ret);
}

void queue_depth_sum(const int listen_fds[], size_t n_fds, QueueDepth *ret) {
        QueueDepth sum = {};

        for (size_t i = 0; i < n_fds; i++) {
                QueueDepth one;

                if (queue_depth_of(listen_fds[i], &one) < 0)
                        continue;

                sum.n_queued += one.n_queued;
                sum.n_limit += one.n_limit;
        }

        *ret = sum;
}

int queue_length_of(int listen_fd, unsigned *ret) {
        struct pollfd pollfd = { .fd = listen_fd, .events = POLLIN };
        QueueDepth depth = {};
        int r = poll(&pollfd, 1, 0);

        if (r < 0)
                return -errno;
        if (r > 0) {
                r = queue_depth_of(listen_fd, &depth);
                if (r < 0)
                        return r;
        }

        *ret = depth.n_queued;
        return 0;
}

unsigned queue_length_sum(const int listen_fds[], size_t n_fds) {
        unsigned sum = 0, one;

        for (size_t i = 0; i < n_fds; i++)
                if (queue_length_of(listen_fds[i], &one) >= 0)
                        sum += one;

        return sum;
}
