/* SPDX-License-Identifier: MIT */
/* Proves that only messages of our form get through: everything else is refused, not interpreted.
 */

#include "contract/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

START_TEST(a_good_message_passes) {
        Message fork = { .type = MESSAGE_FORK, .slot = 3 };
        Message exited = { .type = MESSAGE_EXITED, .slot = 0, .value = 9 };
        Message failed = { .type = MESSAGE_FAILED, .text = "why" };

        ck_assert_int_eq(message_check(&fork, MESSAGE_FROM_MANAGER, 4), 0);
        ck_assert_int_eq(message_check(&exited, MESSAGE_FROM_ZYGOTE, 4), 0);
        ck_assert_int_eq(message_check(&failed, MESSAGE_FROM_ZYGOTE, 4), 0);
}
END_TEST

START_TEST(a_slot_out_of_range_is_refused) {
        Message fork = { .type = MESSAGE_FORK, .slot = 4 };

        ck_assert_int_eq(message_check(&fork, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
        fork.slot = UINT32_MAX;
        ck_assert_int_eq(message_check(&fork, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
}
END_TEST

START_TEST(the_wrong_side_is_refused) {
        Message fork = { .type = MESSAGE_FORK };
        Message ready = { .type = MESSAGE_READY };

        ck_assert_int_eq(message_check(&fork, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
        ck_assert_int_eq(message_check(&ready, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
}
END_TEST

START_TEST(unknown_types_are_refused) {
        for (uint32_t type = 0; type < 300; type++) {
                Message message = { .type = type };
                bool known = strcmp(message_type_name(type), "unknown") != 0;

                if (!known) {
                        ck_assert_int_eq(message_check(&message, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
                        ck_assert_int_eq(
                                        message_check(&message, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
                }
        }
}
END_TEST

START_TEST(fields_that_a_type_does_not_have_are_zero) {
        Message drain = { .type = MESSAGE_DRAIN, .slot = 1 };
        Message ready = { .type = MESSAGE_READY, .value = 1 };
        Message ping = { .type = MESSAGE_PING, .reserved = 1 };
        Message pong = { .type = MESSAGE_PONG, .text = "x" };

        ck_assert_int_eq(message_check(&drain, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
        ck_assert_int_eq(message_check(&ready, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
        ck_assert_int_eq(message_check(&ping, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
        ck_assert_int_eq(message_check(&pong, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
}
END_TEST

START_TEST(values_out_of_range_are_refused) {
        Message end = { .type = MESSAGE_END, .value = -1 };
        Message forked = { .type = MESSAGE_FORKED, .value = -1 };

        ck_assert_int_eq(message_check(&end, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
        end.value = 4097;
        ck_assert_int_eq(message_check(&end, MESSAGE_FROM_MANAGER, 4), -EBADMSG);
        ck_assert_int_eq(message_check(&forked, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
}
END_TEST

START_TEST(text_without_an_end_is_refused) {
        Message failed = { .type = MESSAGE_FAILED };

        memset(failed.text, 'x', sizeof(failed.text));
        ck_assert_int_eq(message_check(&failed, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
}
END_TEST

START_TEST(the_length_on_the_wire_is_exact) {
        Message sent = { .type = MESSAGE_READY }, got;
        char longer[sizeof(Message) + 1] = "";
        int pair[2];

        ck_assert_int_eq(
                        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
                        0);
        ck_assert_int_eq(message_receive(pair[1], &got), -EAGAIN);

        ck_assert_int_eq(message_send(pair[0], &sent), 0);
        ck_assert_int_eq(message_receive(pair[1], &got), 1);
        ck_assert_mem_eq(&sent, &got, sizeof(got));

        ck_assert_int_eq(send(pair[0], &sent, sizeof(sent) - 1, 0), sizeof(sent) - 1);
        ck_assert_int_eq(message_receive(pair[1], &got), -EBADMSG);
        ck_assert_int_eq(send(pair[0], longer, sizeof(longer), 0), sizeof(longer));
        ck_assert_int_eq(message_receive(pair[1], &got), -EBADMSG);

        close(pair[0]);
        ck_assert_int_eq(message_receive(pair[1], &got), 0);
        ck_assert_int_eq(message_send(pair[1], &sent), -EPIPE);
        close(pair[1]);
}
END_TEST

/* The kernel says ECONNRESET first, once. What the dead had said is worth hearing, and then comes its end. */
START_TEST(a_peer_that_died_with_messages_unread_is_at_its_end) {
        Message ping = { .type = MESSAGE_PING }, forked = { .type = MESSAGE_FORKED, .value = 7 },
                got;
        int pair[2], fd = -EBADF;

        for (unsigned i = 0; i < 2; i++) {
                ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
                ck_assert_int_eq(message_send(pair[0], &ping), 0);
                ck_assert_int_eq(message_send(pair[1], &forked), 0);
                close(pair[1]);
                ck_assert_int_eq(i == 0 ? message_receive(pair[0], &got)
                                        : message_receive_fd(pair[0], &got, &fd),
                                1);
                ck_assert_int_eq(got.value, 7);
                ck_assert_int_eq(i == 0 ? message_receive(pair[0], &got)
                                        : message_receive_fd(pair[0], &got, &fd),
                                0);
                close(pair[0]);
        }
}
END_TEST

static void make_pair(int pair[2]) {
        ck_assert_int_eq(
                        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
                        0);
}

static int next_fd(void) {
        int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

        ck_assert_int_ge(fd, 0);
        close(fd);
        return fd;
}

START_TEST(an_fd_goes_along_with_some_alone) {
        Message reopen = { .type = MESSAGE_REOPEN }, ping = { .type = MESSAGE_PING }, got;
        Message scripts = { .type = MESSAGE_SCRIPTS };
        int pair[2], fd = -EBADF, free_fd;

        make_pair(pair);
        free_fd = next_fd();
        ck_assert_int_eq(message_check(&reopen, MESSAGE_FROM_MANAGER, 4), 0);

        ck_assert_int_eq(message_send_fd(pair[0], &reopen, STDERR_FILENO), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 1);
        ck_assert_int_eq(got.type, MESSAGE_REOPEN);
        ck_assert_int_eq(fd, free_fd);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);

        ck_assert_int_eq(message_check(&scripts, MESSAGE_FROM_MANAGER, 4), 0);
        ck_assert_int_eq(message_check(&scripts, MESSAGE_FROM_ZYGOTE, 4), -EBADMSG);
        ck_assert_int_eq(message_send_fd(pair[0], &scripts, STDERR_FILENO), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 1);
        ck_assert_int_eq(got.type, MESSAGE_SCRIPTS);
        close(fd);

        ck_assert_int_eq(message_send(pair[0], &ping), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 1);
        ck_assert_int_eq(fd, -EBADF);

        ck_assert_int_eq(message_send(pair[0], &reopen), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), -EBADMSG);
        ck_assert_int_eq(message_send_fd(pair[0], &ping, STDERR_FILENO), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), -EBADMSG);
        ck_assert_int_eq(next_fd(), free_fd);

        close(pair[0]);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 0);
        close(pair[1]);
}
END_TEST

/* A process that has all its files open is not one whose peer has misbehaved. */
START_TEST(an_fd_without_a_place_is_named) {
        Message reopen = { .type = MESSAGE_REOPEN }, ping = { .type = MESSAGE_PING }, got;
        struct rlimit limit, lower;
        int pair[2], fd = -EBADF;

        make_pair(pair);
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        lower = (struct rlimit){ .rlim_cur = (rlim_t) next_fd(), .rlim_max = limit.rlim_max };
        ck_assert_int_eq(message_send_fd(pair[0], &reopen, STDERR_FILENO), 0);
        ck_assert_int_eq(message_send_fd(pair[0], &ping, STDERR_FILENO), 0);

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), 1);
        ck_assert_int_eq(got.type, MESSAGE_REOPEN);
        ck_assert_int_eq(fd, -EMFILE);
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), -EBADMSG);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);

        close(pair[0]);
        close(pair[1]);
}
END_TEST

/* What a hostile zygote sends along to the manager, which takes none. */
START_TEST(an_fd_that_nobody_wants_is_closed) {
        Message ready = { .type = MESSAGE_READY }, got;
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(4 * sizeof(int))];
        } control = { .header = { .cmsg_len = CMSG_LEN(4 * sizeof(int)),
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS } };
        struct iovec iov = { .iov_base = &ready, .iov_len = sizeof(ready) };
        struct msghdr header = { .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control) };
        int pair[2], four[4] = { 0, 1, 2, 0 }, fd = -EBADF, free_fd;

        memcpy(CMSG_DATA(&control.header), four, sizeof(four));
        make_pair(pair);
        free_fd = next_fd();

        ck_assert_int_eq(sendmsg(pair[0], &header, 0), sizeof(ready));
        ck_assert_int_eq(message_receive(pair[1], &got), 1);
        ck_assert_int_eq(next_fd(), free_fd);

        ck_assert_int_eq(sendmsg(pair[0], &header, 0), sizeof(ready));
        ck_assert_int_eq(message_receive_fd(pair[1], &got, &fd), -EBADMSG);
        ck_assert_int_eq(next_fd(), free_fd);

        close(pair[0]);
        close(pair[1]);
}
END_TEST

UNIT_MAIN("message", a_good_message_passes, a_slot_out_of_range_is_refused,
                the_wrong_side_is_refused, unknown_types_are_refused,
                fields_that_a_type_does_not_have_are_zero, values_out_of_range_are_refused,
                text_without_an_end_is_refused, the_length_on_the_wire_is_exact,
                a_peer_that_died_with_messages_unread_is_at_its_end,
                an_fd_goes_along_with_some_alone, an_fd_without_a_place_is_named,
                an_fd_that_nobody_wants_is_closed);
