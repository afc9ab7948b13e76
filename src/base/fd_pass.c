/* SPDX-License-Identifier: MIT */
#include "base/fd_pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

typedef union Control {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
} Control;

int fd_pass_send(int socket_fd, const void *data, size_t size, int fd, int flags) {
        Control control = {};
        struct iovec iov = { .iov_base = (void *) data, .iov_len = size };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n;

        if (fd >= 0) {
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
        }

        do
                n = sendmsg(socket_fd, &message, flags | MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);

        return n < 0 ? -errno : 0;
}

/* The kernel installs no more than there is room for, and room is for one. */
static int fd_of(struct msghdr *message) {
        struct cmsghdr *header = CMSG_FIRSTHDR(message);
        int fd;

        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
                        header->cmsg_len != CMSG_LEN(sizeof(int)))
                return message->msg_flags & MSG_CTRUNC ? -EMFILE : -EBADF;

        memcpy(&fd, CMSG_DATA(header), sizeof(int));
        return fd;
}

int fd_pass_receive(int socket_fd, void *data, size_t size, int *ret_fd, int flags) {
        Control control = {};
        struct iovec iov = { .iov_base = data, .iov_len = size };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = CMSG_LEN(sizeof(int)),
        };
        ssize_t n;

        /* MSG_TRUNC makes the kernel tell the real length of a packet that is too long for us. */
        do
                n = recvmsg(socket_fd, &message, flags | MSG_TRUNC | MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;

        *ret_fd = fd_of(&message);
        return (int) n;
}
