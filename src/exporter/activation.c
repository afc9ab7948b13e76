/* SPDX-License-Identifier: MIT */
#include "exporter/activation.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/journal_socket.h"

int activation_parse_idle(const char *text, uint64_t *ret_usec) {
        uint64_t seconds;

        if (parse_uint(text, &seconds) < 0 || seconds > UINT32_MAX) {
                fprintf(stderr, "%s: --idle-timeout is a number of seconds\n",
                                program_invocation_short_name);
                return -EINVAL;
        }

        *ret_usec = seconds * USEC_PER_SEC;
        return 0;
}

static void raise_file_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) >= 0) {
                limit.rlim_cur = limit.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &limit);
        }
}

int activation_receive(ActivationSockets *ret) {
        ActivationSockets sockets = {};
        int n = sd_listen_fds(1);

        if (n <= 0 || n > ACTIVATION_SOCKETS_MAX) {
                stderr_line("<3>There has to be a socket from systemd, and at most %d\n",
                                ACTIVATION_SOCKETS_MAX);
                return -EINVAL;
        }

        for (int i = 0; i < n; i++) {
                int fd = SD_LISTEN_FDS_START + i;

                if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
                                fd_set_nonblock(fd, true) < 0) {
                        stderr_line("<3>Socket %d is no stream that listens\n", i);
                        return -EINVAL;
                }
                sockets.fds[sockets.n++] = fd;
        }

        raise_file_limit();
        *ret = sockets;
        return 0;
}

void activation_done(ActivationSockets *sockets) {
        for (size_t i = 0; i < sockets->n; i++)
                fd_close(sockets->fds[i]);

        sockets->n = 0;
}

void activation_poll(const ActivationSockets *sockets, bool accepts, struct pollfd *ret) {
        for (size_t i = 0; i < sockets->n; i++)
                ret[i] = (struct pollfd){
                        .fd = accepts ? sockets->fds[i] : -EBADF,
                        .events = POLLIN,
                };
}
