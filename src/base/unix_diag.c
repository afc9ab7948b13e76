/* SPDX-License-Identifier: MIT */
#include "base/unix_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

static int send_request(int diag_fd, ino_t inode, uint32_t show) {
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
                                                        .udiag_show = show,
                                                        .udiag_cookie = {UINT32_MAX,
                                                                        UINT32_MAX}, /* INET_DIAG_NOCOOKIE:
                                                                                        any */
                                        },
        };

        return send(diag_fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int find_attribute(struct unix_diag_msg *message, size_t left, uint16_t wanted, void *ret,
                size_t size) {
        struct rtattr *attribute = (struct rtattr *) (message + 1);

        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
                if (attribute->rta_type == wanted && RTA_PAYLOAD(attribute) >= size) {
                        memcpy(ret, RTA_DATA(attribute), size);
                        return 0;
                }

        return -ENODATA;
}

static int read_answer(int diag_fd, uint16_t attribute, void *ret, size_t size) {
        _Alignas(struct nlmsghdr) char buffer[1024];
        struct nlmsghdr *header = (struct nlmsghdr *) buffer;
        ssize_t n;

        n = recv(diag_fd, buffer, sizeof(buffer), 0);
        if (n < 0)
                return -errno;

        if (!NLMSG_OK(header, (size_t) n) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
                        header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
                return -ENODATA;

        return find_attribute(NLMSG_DATA(header),
                        header->nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg)), attribute,
                        ret, size);
}

int unix_diag_ask(int fd, uint32_t show, uint16_t attribute, void *ret, size_t size) {
        _cleanup_close_ int diag_fd = -EBADF;
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;

        diag_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (diag_fd < 0)
                return -errno;

        r = send_request(diag_fd, st.st_ino, show);
        if (r < 0)
                return r;

        return read_answer(diag_fd, attribute, ret, size);
}
