/* SPDX-License-Identifier: MIT */
#include "contract/message_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"

typedef struct QueuedMessage {
        struct QueuedMessage *next;
        int passed_fd;
        Message message;
} QueuedMessage;

void message_queue_init(MessageQueue *queue, size_t max) {
        *queue = (MessageQueue){ .max = max };
}

static void drop_first(MessageQueue *queue) {
        QueuedMessage *first = queue->first;

        queue->first = first->next;
        if (!queue->first)
                queue->last = NULL;
        queue->n--;
        fd_close(first->passed_fd);
        free(first);
}

void message_queue_done(MessageQueue *queue) {
        while (queue->first)
                drop_first(queue);
}

size_t message_queue_length(const MessageQueue *queue) {
        return queue->n;
}

/* The kernel may lack memory for a moment, too: that passes like a reader that is slow. */
static bool has_to_wait(int r) {
        return r == -EAGAIN || r == -ENOBUFS || r == -ENOMEM;
}

static int add(MessageQueue *queue, const Message *message, int passed_fd) {
        _cleanup_close_ int fd = -EBADF;
        QueuedMessage *queued;

        if (queue->n >= queue->max)
                return -ENOBUFS;

        if (passed_fd >= 0) {
                fd = fcntl(passed_fd, F_DUPFD_CLOEXEC, 3);
                if (fd < 0)
                        return -errno;
        }

        queued = malloc(sizeof(*queued));
        if (!queued)
                return -ENOMEM;

        *queued = (QueuedMessage){ .message = *message, .passed_fd = TAKE_FD(fd) };
        if (queue->last)
                queue->last->next = queued;
        else
                queue->first = queued;
        queue->last = queued;
        queue->n++;
        return 0;
}

int message_queue_send(MessageQueue *queue, int socket_fd, const Message *message, int passed_fd) {
        int r = -EAGAIN;

        if (!queue->first)
                r = message_send_fd(socket_fd, message, passed_fd);

        return has_to_wait(r) ? add(queue, message, passed_fd) : r;
}

int message_queue_flush(MessageQueue *queue, int socket_fd) {
        while (queue->first) {
                int r = message_send_fd(socket_fd, &queue->first->message, queue->first->passed_fd);

                if (has_to_wait(r))
                        return 1;
                if (r < 0) {
                        message_queue_done(queue);
                        return r;
                }
                drop_first(queue);
        }

        return 0;
}
