/* SPDX-License-Identifier: MIT */
/* Proves that of what systemd stored only a pair of this pool's user is taken, with what lies in it. */

#include "manager/sockets/handoff_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd_pass.h"
#include "contract/handoff_message.h"
#include "unit.h"

static bool is_open(int fd) {
        return fcntl(fd, F_GETFD) >= 0;
}

static int restore(HandoffPair **ret, int handoff_in_fd, const char *in_name, int handoff_out_fd,
                const char *out_name) {
        const int fds[] = { handoff_in_fd, handoff_out_fd };
        char *const names[] = { (char *) in_name, (char *) out_name };

        return handoff_pair_restore(ret, 1000, fds, names, 2);
}

START_TEST(names_are_told_from_those_of_listeners) {
        ck_assert(handoff_pair_is_name("handoff-in-33"));
        ck_assert(handoff_pair_is_name("handoff-out-33"));
        ck_assert(!handoff_pair_is_name("listen"));
        ck_assert(!handoff_pair_is_name("stored"));
}
END_TEST

START_TEST(what_lies_in_it_is_there_again) {
        _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL, *again = NULL;
        const HandoffMessage message = { .since_usec = 5 };

        ck_assert_int_eq(handoff_pair_new(&pair, 1000), 0);
        ck_assert_uint_eq(handoff_pair_depth(pair), 0);
        for (unsigned i = 1; i <= 3; i++) {
                ck_assert_int_eq(fd_pass_send(pair->handoff_out_fd, &message, sizeof(message),
                                                 STDIN_FILENO, MSG_DONTWAIT),
                                0);
                ck_assert_uint_eq(handoff_pair_depth(pair), i);
        }

        ck_assert_int_eq(restore(&again, dup(pair->handoff_in_fd), "handoff-in-1000",
                                         dup(pair->handoff_out_fd), "handoff-out-1000"),
                        0);
        ck_assert_uint_eq(handoff_pair_depth(again), 3);
        ck_assert_uint_eq(again->uid, 1000);
}
END_TEST

START_TEST(another_user_s_is_closed) {
        _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL;
        HandoffPair *again = NULL;
        int handoff_in_fd, handoff_out_fd;

        ck_assert_int_eq(handoff_pair_new(&pair, 1001), 0);
        handoff_in_fd = dup(pair->handoff_in_fd);
        handoff_out_fd = dup(pair->handoff_out_fd);
        ck_assert_int_eq(restore(&again, handoff_in_fd, "handoff-in-1001", handoff_out_fd,
                                         "handoff-out-1001"),
                        -ENOENT);
        ck_assert(!is_open(handoff_in_fd) && !is_open(handoff_out_fd));
}
END_TEST

/* Each of these beside one good end. */
START_TEST(what_is_no_such_socket_is_closed) {
        int stream[2], dgram[2],
                        fds[] = {
                                open("/dev/null", O_RDWR | O_CLOEXEC),
                                socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
                                                0), /* not connected */
                                socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), -EBADF, -EBADF,
                                -EBADF, /* the other end is closed */
                        };

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, dgram), 0);
        fds[3] = stream[0];
        fds[4] = dgram[0];
        for (size_t i = 0; i < ELEMENTSOF(fds); i++) {
                _cleanup_(handoff_pair_unrefp) HandoffPair *pair = NULL;
                HandoffPair *again = NULL;
                int handoff_out_fd;

                ck_assert_int_eq(handoff_pair_new(&pair, 1000), 0);
                handoff_out_fd = dup(pair->handoff_out_fd);
                if (fds[i] < 0) {
                        fds[i] = dup(pair->handoff_in_fd);
                        pair = handoff_pair_unref(pair);
                        close(handoff_out_fd);
                        handoff_out_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
                }
                ck_assert_int_eq(restore(&again, fds[i], "handoff-in-1000", handoff_out_fd,
                                                 "handoff-out-1000"),
                                -ENOENT);
                ck_assert(!is_open(fds[i]) && !is_open(handoff_out_fd));
        }
        close(stream[1]);
        close(dgram[1]);
}
END_TEST

UNIT_MAIN("kept-pair", names_are_told_from_those_of_listeners, what_lies_in_it_is_there_again,
                another_user_s_is_closed, what_is_no_such_socket_is_closed);
