/* SPDX-License-Identifier: MIT */
/* Proves that messages for a reader that is slow wait in order, and no more of them than were allowed. */

#include "contract/message_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum {
        MAX = 1000,
};

static void make_pair(int pair[2]) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static int send_number(MessageQueue *queue, int fd, int number) {
        return message_queue_send(
                        queue, fd, &(Message){ .type = MESSAGE_PING, .value = number }, -EBADF);
}

/* As much as the socket holds. */
static int fill(MessageQueue *queue, int fd) {
        int n = 0;

        while (message_queue_length(queue) == 0)
                ck_assert_int_eq(send_number(queue, fd, n++), 0);

        return n;
}

START_TEST(what_does_not_fit_waits_in_order) {
        MessageQueue queue;
        Message got;
        int pair[2], n, heard = 0;

        make_pair(pair);
        message_queue_init(&queue, MAX);
        n = fill(&queue, pair[0]);
        ck_assert_int_gt(n, 20);
        for (int i = 0; i < 500; i++)
                ck_assert_int_eq(send_number(&queue, pair[0], n++), 0);
        ck_assert_int_eq(message_queue_flush(&queue, pair[0]), 1);
        ck_assert_uint_eq(message_queue_length(&queue), 501);

        while (heard < n) {
                int r = message_receive(pair[1], &got);

                if (r == -EAGAIN) {
                        ck_assert_int_ge(message_queue_flush(&queue, pair[0]), 0);
                        continue;
                }
                ck_assert_int_eq(r, 1);
                ck_assert_int_eq(got.value, heard++);
        }
        ck_assert_int_eq(message_queue_flush(&queue, pair[0]), 0);
        ck_assert_uint_eq(message_queue_length(&queue), 0);
        message_queue_done(&queue);
        close(pair[0]);
        close(pair[1]);
}
END_TEST

START_TEST(a_reader_that_never_reads_costs_so_much) {
        MessageQueue queue;
        int pair[2], n;

        make_pair(pair);
        message_queue_init(&queue, MAX);
        n = fill(&queue, pair[0]);
        for (int i = 1; i < MAX; i++)
                ck_assert_int_eq(send_number(&queue, pair[0], n++), 0);
        ck_assert_int_eq(send_number(&queue, pair[0], n), -ENOBUFS);
        ck_assert_uint_eq(message_queue_length(&queue), MAX);

        message_queue_done(&queue);
        ck_assert_uint_eq(message_queue_length(&queue), 0);
        close(pair[0]);
        close(pair[1]);
}
END_TEST

START_TEST(an_fd_waits_with_its_message) {
        MessageQueue queue;
        Message got = {};
        int pair[2], fds[2], fd = -EBADF;

        make_pair(pair);
        message_queue_init(&queue, MAX);
        (void) fill(&queue, pair[0]);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        ck_assert_int_eq(message_queue_send(&queue, pair[0], &(Message){ .type = MESSAGE_REOPEN },
                                         fds[1]),
                        0);
        close(fds[1]); /* borrowed */

        while (got.type != MESSAGE_REOPEN) {
                (void) message_queue_flush(&queue, pair[0]);
                ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 1);
        }
        ck_assert_int_eq(write(fd, "x", 1), 1);
        ck_assert_int_eq(read(fds[0], &(char){ 0 }, 1), 1);
        close(fd);
        ck_assert_int_eq(read(fds[0], &(char){ 0 }, 1), 0); /* nobody else has it */

        close(fds[0]);
        message_queue_done(&queue);
        close(pair[0]);
        close(pair[1]);
}
END_TEST

START_TEST(a_reader_that_has_gone_is_told) {
        MessageQueue queue;
        int pair[2];

        make_pair(pair);
        message_queue_init(&queue, MAX);
        (void) fill(&queue, pair[0]);
        close(pair[1]);
        ck_assert_int_lt(message_queue_flush(&queue, pair[0]), 0);
        ck_assert_uint_eq(message_queue_length(&queue), 0);
        ck_assert_int_eq(send_number(&queue, pair[0], 0), -EPIPE);
        close(pair[0]);
}
END_TEST

UNIT_MAIN("message-queue", what_does_not_fit_waits_in_order,
                a_reader_that_never_reads_costs_so_much, an_fd_waits_with_its_message,
                a_reader_that_has_gone_is_told);
