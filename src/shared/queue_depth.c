/* SPDX-License-Identifier: MIT */
#include "shared/queue_depth.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/fd.h"

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

static int ask_unix_diag(int diag_fd, ino_t inode) {
        struct {
                struct nlmsghdr header;
                struct unix_diag_req body;
        } request = {
                        .header =
                                        {
                                                        .nlmsg_len = sizeof(request),
                                                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                                        .nlmsg_flags = NLM_F_REQUEST,
                                        },
                        .body =
                                        {
                                                        .sdiag_family = AF_UNIX,
                                                        .udiag_states = UINT32_MAX,
                                                        .udiag_ino = (uint32_t) inode,
                                                        .udiag_show = UDIAG_SHOW_RQLEN,
                                                        .udiag_cookie = {UINT32_MAX,
                                                                        UINT32_MAX}, /* INET_DIAG_NOCOOKIE:
                                                                                        any */
                                        },
        };

        return send(diag_fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int find_rqlen(struct unix_diag_msg *message, size_t size, QueueDepth *ret) {
        struct rtattr *attribute = (struct rtattr *) (message + 1);
        size_t left = size - NLMSG_LENGTH(sizeof(*message));

        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
                struct unix_diag_rqlen rqlen;

                if (attribute->rta_type != UNIX_DIAG_RQLEN ||
                                RTA_PAYLOAD(attribute) < sizeof(rqlen))
                        continue;

                memcpy(&rqlen, RTA_DATA(attribute), sizeof(rqlen));
                *ret = (QueueDepth){ .n_queued = rqlen.udiag_rqueue,
                        .n_limit = rqlen.udiag_wqueue };
                return 0;
        }

        return -ENODATA;
}

static int read_unix_diag(int diag_fd, QueueDepth *ret) {
        _Alignas(struct nlmsghdr) char buffer[1024];
        struct nlmsghdr *header = (struct nlmsghdr *) buffer;
        ssize_t n;

        n = recv(diag_fd, buffer, sizeof(buffer), 0);
        if (n < 0)
                return -errno;

        if (!NLMSG_OK(header, (size_t) n) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
                        header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
                return -ENODATA;

        return find_rqlen(NLMSG_DATA(header), header->nlmsg_len, ret);
}

static int unix_depth(int fd, QueueDepth *ret) {
        _cleanup_close_ int diag_fd = -EBADF;
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;

        diag_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (diag_fd < 0)
                return -errno;

        r = ask_unix_diag(diag_fd, st.st_ino);
        if (r < 0)
                return r;

        return read_unix_diag(diag_fd, ret);
}

int queue_depth_of(int fd, QueueDepth *ret) {
        int domain;
        socklen_t size = sizeof(domain);

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
                return -errno;

        return domain == AF_UNIX ? unix_depth(fd, ret) : tcp_depth(fd, ret);
}
