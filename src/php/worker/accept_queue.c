/* SPDX-License-Identifier: MIT */
#include "php/worker/accept_queue.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/fd.h"

/* The errors after which accept(2) is to be called again: those of a connection that died in the queue, not of the
 * listener. */
static bool is_transient(int error) {
        return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
               error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
               error == EOPNOTSUPP || error == ENETUNREACH || error == ENOPROTOOPT;
}

/* EINVAL: a process has shut the listener down, which the worker's epoll reports as well. */
static int accept_from(const AcceptQueue *queue, size_t i) {
        int fd;

        do
                fd = accept4(queue->listen_fds[i], NULL, NULL, SOCK_CLOEXEC);
        while (fd < 0 && is_transient(errno));
        if (fd < 0)
                return errno == EINVAL ? -EAGAIN : -errno;

        return fd;
}

/* Each listener gets its turn, or a busy unix socket would starve the tcp one. */
int accept_queue_next(AcceptQueue *queue, bool *ret_is_late) {
        for (size_t n = 0; n < queue->n_listen_fds; n++) {
                size_t i = queue->next;
                int fd;

                queue->next = (queue->next + 1) % queue->n_listen_fds;
                fd = accept_from(queue, i);
                if (fd == -EAGAIN)
                        continue;
                if (fd >= 0)
                        *ret_is_late = queue->board && scoreboard_accept(queue->board, i);
                return fd;
        }

        return -EAGAIN;
}

void accept_queue_finish_shutdown(const AcceptQueue *queue) {
        for (size_t i = 0; i < queue->n_listen_fds; i++)
                fd_finish_shutdown(queue->listen_fds[i]);
}
