/* SPDX-License-Identifier: MIT */
/* What lies in the pair through which workers hand connections over is a customer's: packets of any size with any number
 * of fds, or none. Reading one never leaves a fd behind, and an fd that is taken is one that came. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "contract/handoff_message.h"
#include "contract/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        FDS_MAX = 8,
        PACKETS_MAX = 16,
};

static void require(bool holds) {
        if (!holds)
                abort();
}

/* The lowest free number: the same before and after, when nothing stays open. */
static int lowest_fd(void) {
        int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

        require(fd >= 0);
        close(fd);
        return fd;
}

static int send_packet(int fd, const uint8_t *data, size_t size, size_t n_fds) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
        } control = {};
        struct iovec iov = { (void *) data, size };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (n_fds > 0) {
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
                for (size_t i = 0; i < n_fds; i++)
                        memcpy(CMSG_DATA(&control.header) + i * sizeof(int),
                                        (int[]){ STDERR_FILENO }, sizeof(int));
        }

        return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void receive_handoff(int fd, size_t size, size_t n_fds) {
        HandoffMessage message = {};
        int got, r;

        r = fd_pass_receive(fd, &message, sizeof(message), &got, MSG_DONTWAIT);
        require(r == (int) size);
        require(n_fds == 1 ? got >= 0 : n_fds > 1 || got == -EBADF);
        if (got >= 0) {
                require(fcntl(got, F_GETFD) == FD_CLOEXEC);
                close(got);
        }
}

/* The same for what a zygote says, where an fd never belongs, and for what it hears. */
static void receive_message(int fd, size_t size, size_t n_fds, bool with_fd) {
        Message message;
        int got = -EBADF, r;

        r = with_fd ? message_receive_fd(fd, &message, &got) : message_receive(fd, &message);
        if (size == 0)
                require(r <= 0);
        else
                require(r == 1 || r == -EBADMSG);
        require(r != 1 || size == sizeof(message));
        require(got < 0 || (r == 1 && n_fds > 0));
        fd_close(got);
}

/* Each packet: how it is read, how many fds, its length in two bytes, its bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        int fds[2], before = lowest_fd();

        require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
        for (int i = 0; i < PACKETS_MAX && size >= 4; i++) {
                size_t n = (size_t) data[2] | (size_t) (data[3] & 3) << 8,
                       n_fds = data[1] % (FDS_MAX + 1);
                uint8_t how = data[0];

                data += 4;
                size -= 4;
                if (n > size)
                        n = size;
                if (send_packet(fds[1], data, n, n_fds) < 0)
                        break;
                if (how % 3 == 0)
                        receive_handoff(fds[0], n, n_fds);
                else
                        receive_message(fds[0], n, n_fds, how % 3 == 1);
                data += n;
                size -= n;
        }

        close(fds[0]);
        close(fds[1]);
        require(lowest_fd() == before);
        return 0;
}
