/* SPDX-License-Identifier: MIT */
#include "php/worker/client_guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

typedef union Address {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
} Address;

/* The worker's end of a connection over loopback, -1 where the machine has no IPv6. */
static int accepted(int family) {
        Address address = { .any.sa_family = (sa_family_t) family };
        socklen_t size = family == AF_INET ? sizeof(address.v4) : sizeof(address.v6);
        int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), client, fd;

        if (family == AF_INET)
                address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        else
                address.v6.sin6_addr = in6addr_loopback;
        if (listener < 0 || bind(listener, &address.any, size) < 0) {
                close(listener);
                return -1;
        }

        ck_assert_int_eq(listen(listener, 1), 0);
        ck_assert_int_eq(getsockname(listener, &address.any, &size), 0);
        client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(client, &address.any, size), 0);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        close(listener);
        return fd; /* the client's end goes with the process */
}

static bool admits(const char *allowed, int fd) {
        ClientGuard guard = { .allowed = allowed };

        return client_guard_admits(&guard, fd, 1);
}

START_TEST(who_is_listed_comes_in) {
        int fd = accepted(AF_INET);

        ck_assert(admits(NULL, fd));
        ck_assert(admits("", fd));
        ck_assert(admits("127.0.0.1", fd));
        ck_assert(admits("10.0.0.1, 127.0.0.0/8", fd));
        ck_assert(!admits("127.0.0.2", fd));
        ck_assert(!admits("::1", fd));
        ck_assert(!admits("localhost", fd));
        close(fd);
}
END_TEST

/* CVE-2026-91768 of php-fpm: twelve of the sixteen bytes were compared, and those of ::1 are all zero. */
START_TEST(all_of_an_ipv6_address_counts) {
        int fd = accepted(AF_INET6);

        if (fd < 0)
                return;

        ck_assert(admits("::1", fd));
        ck_assert(!admits("::2", fd));
        ck_assert(!admits("::101", fd));
        ck_assert(!admits("::1:0:0", fd));
        ck_assert(!admits("127.0.0.1", fd));
        close(fd);
}
END_TEST

START_TEST(unix_sockets_are_not_asked) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        ck_assert(admits("127.0.0.1", fds[0]));
        close(fds[0]);
        close(fds[1]);
}
END_TEST

START_TEST(one_line_in_a_while) {
        RateLimit limit = {};
        unsigned n = 99;

        ck_assert(rate_limit_allows(&limit, 5, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert(!rate_limit_allows(&limit, 6, &n));
        ck_assert(!rate_limit_allows(&limit, 5 + RATE_LIMIT_USEC - 1, &n));
        ck_assert(rate_limit_allows(&limit, 5 + RATE_LIMIT_USEC, &n));
        ck_assert_uint_eq(n, 2);
        ck_assert(!rate_limit_allows(&limit, 6 + RATE_LIMIT_USEC, &n));
}
END_TEST

UNIT_MAIN("client-guard", who_is_listed_comes_in, all_of_an_ipv6_address_counts,
                unix_sockets_are_not_asked, one_line_in_a_while);
