/* SPDX-License-Identifier: MIT */
/* Proves on real sockets that the number of waiting connections is known, for unix sockets too. */

#include "base/queue_depth.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static void check_depths(const struct sockaddr *address, socklen_t size, int listen_fd) {
        QueueDepth depth = {};
        int clients[3];

        ck_assert_int_eq(listen(listen_fd, 17), 0);
        ck_assert_int_eq(queue_depth_of(listen_fd, &depth), 0);
        ck_assert_uint_eq(depth.n_queued, 0);
        ck_assert_uint_eq(depth.n_limit, 17);

        for (unsigned i = 0; i < 3; i++) {
                clients[i] = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                ck_assert_int_eq(connect(clients[i], address, size), 0);
                ck_assert_int_eq(queue_depth_of(listen_fd, &depth), 0);
                ck_assert_uint_eq(depth.n_queued, i + 1);
        }

        close(accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));
        ck_assert_int_eq(queue_depth_of(listen_fd, &depth), 0);
        ck_assert_uint_eq(depth.n_queued, 2);
        queue_depth_sum((int[]){ listen_fd, STDIN_FILENO, listen_fd }, 3, &depth);
        ck_assert_uint_eq(depth.n_queued, 4);
        ck_assert_uint_eq(depth.n_limit, 34);
        ck_assert_uint_eq(queue_length_sum((int[]){ listen_fd, STDIN_FILENO, listen_fd }, 3), 4);
        for (unsigned i = 0; i < 3; i++)
                close(clients[i]);
}

START_TEST(a_unix_socket) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        /* abstract: leaves no file behind */
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "fpmd-test-%d", getpid());
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        check_depths((struct sockaddr *) &address, sizeof(address), fd);
        close(fd);
}
END_TEST

START_TEST(a_tcp_socket) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        check_depths((struct sockaddr *) &address, size, fd);
        close(fd);
}
END_TEST

/* An empty queue needs no socket of sock_diag(7), for which there is no room here. */
START_TEST(an_empty_queue_costs_little) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct rlimit limit, none;
        unsigned n = 1;

        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "fpmd-test-%d", getpid());
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(listen(fd, 1), 0);
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        none = (struct rlimit){ 1, limit.rlim_max };
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        ck_assert_int_eq(queue_length_of(fd, &n), 0);
        ck_assert_uint_eq(n, 0);

        ck_assert_int_eq(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(queue_length_of(fd, &n), -EMFILE);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_int_eq(queue_length_of(fd, &n), 0);
        ck_assert_uint_eq(n, 1);
        close(client);
        close(fd);
}
END_TEST

START_TEST(what_is_no_socket_is_an_error) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        QueueDepth depth;
        unsigned n;

        ck_assert_int_lt(queue_depth_of(fd, &depth), 0);
        ck_assert_int_lt(queue_length_of(fd, &n), 0);
        close(fd);
}
END_TEST

UNIT_MAIN("queue-depth", a_unix_socket, a_tcp_socket, an_empty_queue_costs_little,
                what_is_no_socket_is_an_error);
