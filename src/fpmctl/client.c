/* SPDX-License-Identifier: MIT */
#include "fpmctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/fd.h"

static int client_connect(const char *pool, uint64_t timeout_usec) {
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct timeval timeout = {
                .tv_sec = (time_t) (timeout_usec / 1000000),
                .tv_usec = (suseconds_t) (timeout_usec % 1000000),
        };
        int r;

        r = control_path(address.sun_path, sizeof(address.sun_path), pool);
        if (r < 0)
                return r;

        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;

        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;

        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        return TAKE_FD(fd);
}

int client_ask(ControlReply **ret, const char *pool, ControlVerb verb, uint64_t timeout_usec) {
        _cleanup_free_ ControlReply *reply = calloc(1, sizeof(*reply));
        _cleanup_close_ int fd = -EBADF;
        ControlRequest request = { .version = CONTROL_VERSION, .verb = verb };
        ssize_t n;
        int r;

        if (!reply)
                return -ENOMEM;

        fd = client_connect(pool, timeout_usec);
        if (fd < 0)
                return fd;

        if (send(fd, &request, sizeof(request), MSG_NOSIGNAL) < 0)
                return -errno;

        n = recv(fd, reply, sizeof(*reply), 0);
        if (n < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        if (n == 0)
                return -ECONNRESET;

        r = control_reply_check(reply, (size_t) n);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(reply);
        return 0;
}
