/* SPDX-License-Identifier: MIT */
#pragma once
/* MessageQueue: messages that wait until their reader has room for them.
 *
 * The control socket holds some 160 messages. What does not fit waits here and is sent, in order, when the socket
 * becomes writable. So neither side ever blocks in sending, and a reader that is held up for some seconds loses
 * nothing. A reader that never reads costs no more memory than max messages.
 *
 * Runs in: manager and zygote.     Owns: the messages and the fds that wait with them. */

#include <stdbool.h>
#include <stddef.h>

#include "contract/message.h"

typedef struct MessageQueue {
        struct QueuedMessage *first, *last;
        size_t n, max;
} MessageQueue;

/* Makes an empty queue, in which at most max messages wait. */
void message_queue_init(MessageQueue *queue, size_t max);

/* Drops what waits. The queue is empty then, and usable. */
void message_queue_done(MessageQueue *queue);

/* Returns how many messages wait. */
size_t message_queue_length(const MessageQueue *queue);

/* Sends the message, or keeps it behind those that wait. passed_fd goes along, -EBADF for none, and is duplicated if
 * the message has to wait. Returns 0, -ENOBUFS when max messages wait already, or a negative errno of
 * message_send(). */
int message_queue_send(MessageQueue *queue, int socket_fd, const Message *message, int passed_fd);

/* Sends what waits. Returns 0 when nothing waits any more, 1 when the rest waits until the socket is writable, or a
 * negative errno after which nothing waits. */
int message_queue_flush(MessageQueue *queue, int socket_fd);
