/* SPDX-License-Identifier: MIT */
#include "base/unix_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

/* Asks for one inode, or with 0 for all sockets in these states. */
static int send_request(int diag_fd, ino_t inode, uint32_t states, uint32_t show) {
        const uint16_t flags = inode ? NLM_F_REQUEST : NLM_F_REQUEST | NLM_F_DUMP;
        struct {
                struct nlmsghdr header;
                struct unix_diag_req body;
        } request = {
                        .header =
                                        {
                                                        .nlmsg_len = sizeof(request),
                                                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                                        .nlmsg_flags = flags,
                                        },
                        .body =
                                        {
                                                        .sdiag_family = AF_UNIX,
                                                        .udiag_states = states,
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

        n = recv(diag_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
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

        r = send_request(diag_fd, st.st_ino, UINT32_MAX, show);
        if (r < 0)
                return r;

        return read_answer(diag_fd, attribute, ret, size);
}

/* The kernel tells the lower half of the inode's number. */
static bool is_bound(struct nlmsghdr *header, const char *path, ino_t inode) {
        size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg));
        struct unix_diag_msg *message = NLMSG_DATA(header);
        struct rtattr *attribute = (struct rtattr *) (message + 1);
        struct unix_diag_vfs vfs;
        bool is_named = false;

        if (find_attribute(message, left, UNIX_DIAG_VFS, &vfs, sizeof(vfs)) < 0 ||
                        vfs.udiag_vfs_ino != (uint32_t) inode)
                return false;

        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
                if (attribute->rta_type == UNIX_DIAG_NAME) {
                        size_t size = strnlen(RTA_DATA(attribute), RTA_PAYLOAD(attribute));

                        is_named = size == strlen(path) &&
                                   memcmp(RTA_DATA(attribute), path, size) == 0;
                }

        return is_named;
}

/* Reads one part of the answer. Returns 1 when the socket was found, 0 when there is more to read, or a negative errno
 * at the end. */
static int search_part(int diag_fd, const char *path, ino_t inode) {
        _Alignas(struct nlmsghdr) char buffer[32 * 1024];
        ssize_t n = recv(diag_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        size_t left = n > 0 ? (size_t) n : 0;

        if (n <= 0)
                return n < 0 ? -errno : -EIO;

        for (struct nlmsghdr *header = (struct nlmsghdr *) buffer; NLMSG_OK(header, left);
                        header = NLMSG_NEXT(header, left)) {
                if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
                                header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
                        return -ENODATA;
                if (is_bound(header, path, inode))
                        return 1;
        }

        return 0;
}

bool unix_diag_is_listener(const char *path, ino_t inode) {
        _cleanup_close_ int diag_fd =
                        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        int r;

        if (diag_fd < 0)
                return false;

        r = send_request(diag_fd, 0, 1 << TCP_LISTEN, UDIAG_SHOW_NAME | UDIAG_SHOW_VFS);
        while (r == 0)
                r = search_part(diag_fd, path, inode);

        return r > 0;
}
