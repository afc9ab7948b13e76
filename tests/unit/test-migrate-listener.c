/* SPDX-License-Identifier: MIT */
/* Proves that a port can be shared with a program that knows nothing of it, and that each connection goes to the one of
 * the two that is chosen. */

#include "fpmctl/migrate/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { CLIENTS = 20 };

static struct sockaddr_storage address;
static socklen_t size;

static void address_is(const char *host, unsigned port) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &address;
        struct sockaddr_in *in = (struct sockaddr_in *) &address;

        memset(&address, 0, sizeof(address));
        if (strchr(host, ':')) {
                *in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
                        .sin6_port = htons((uint16_t) port) };
                ck_assert_int_eq(inet_pton(AF_INET6, host, &in6->sin6_addr), 1);
                size = sizeof(*in6);
        } else {
                *in = (struct sockaddr_in){ .sin_family = AF_INET,
                        .sin_port = htons((uint16_t) port) };
                ck_assert_int_eq(inet_pton(AF_INET, host, &in->sin_addr), 1);
                size = sizeof(*in);
        }
}

/* -EADDRINUSE and the like; the address is then the one that it got. */
static int listen_there(bool shares) {
        int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

        if (fd < 0)
                return -errno;
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
        if (shares)
                ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)), 0);
        if (bind(fd, (struct sockaddr *) &address, size) < 0 || listen(fd, CLIENTS * 2) < 0) {
                int error = -errno;

                close(fd);
                return error;
        }

        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        return fd;
}

/* How many of some connections wait at fd. */
static int connections_at(int fd) {
        int clients[CLIENTS], n = 0, accepted;

        for (int i = 0; i < CLIENTS; i++) {
                clients[i] = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                ck_assert_int_eq(connect(clients[i], (struct sockaddr *) &address, size), 0);
        }
        while ((accepted = accept(fd, NULL, NULL)) >= 0) {
                close(accepted);
                n++;
        }
        for (int i = 0; i < CLIENTS; i++)
                close(clients[i]);

        return n;
}

static void is_shared(const char *host) {
        char text[64], stream[LISTENER_NAME_MAX], inherited[LISTENER_NAME_MAX];
        int theirs, taken, hold, ours;

        address_is(host, 0);
        theirs = listen_there(false);
        if (theirs == -EAFNOSUPPORT || theirs == -EADDRNOTAVAIL)
                return; /* a machine without IPv6 */
        ck_assert_int_ge(theirs, 0);
        snprintf(text, sizeof(text), "%s%s%s:%u", strchr(host, ':') ? "[" : "", host,
                        strchr(host, ':') ? "]" : "",
                        ntohs(((struct sockaddr_in *) &address)->sin_port));
        ck_assert_int_eq(listen_there(true), -EADDRINUSE);

        taken = listener_take(getpid(), text);
        if (taken == -EPERM || taken == -ENOSYS) {
                close(theirs);
                return; /* a sandbox */
        }
        ck_assert_int_ge(taken, 0);
        ck_assert_int_eq(listener_name(taken, stream, inherited), 0);
        ck_assert_str_eq(stream, text);
        ck_assert_int_eq(strncmp(inherited, host, strlen(host)), 0);
        ck_assert_int_lt(listener_choose(taken, 0), 0); /* it is alone */

        hold = listener_share(taken);
        ck_assert_int_ge(hold, 0);
        ck_assert_int_eq(connections_at(theirs), CLIENTS);
        ours = listen_there(true);
        ck_assert_int_ge(ours, 0);
        ck_assert_int_eq(connections_at(theirs), CLIENTS);
        close(hold);
        ck_assert_int_eq(connections_at(theirs), CLIENTS);
        ck_assert_int_eq(listener_choose(taken, 1), 0);
        ck_assert_int_eq(connections_at(ours), CLIENTS);
        ck_assert(!listener_has_queue(taken));
        ck_assert_int_eq(listener_choose(taken, 0), 0);
        ck_assert_int_eq(connections_at(theirs), CLIENTS);
        ck_assert_int_eq(listener_choose(taken, 1), 0);

        close(theirs);
        close(taken);
        ck_assert_int_eq(connections_at(ours), CLIENTS);
        listener_unchoose(ours);
        ck_assert_int_eq(connections_at(ours), CLIENTS);
        close(ours);
}

START_TEST(one_port) {
        is_shared("127.0.0.1");
        is_shared("::1");
        is_shared("::");
}
END_TEST

START_TEST(queue) {
        int fd, client;

        address_is("127.0.0.1", 0);
        fd = listen_there(false);
        ck_assert(!listener_has_queue(fd));
        client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(client, (struct sockaddr *) &address, size), 0);
        ck_assert(listener_has_queue(fd));
        close(client);
        close(fd);
}
END_TEST

START_TEST(none) {
        ck_assert_int_eq(listener_take(0, "127.0.0.1:9000"), -ENOENT);
        ck_assert_int_eq(listener_take(getpid(), "127.0.0.1:1"), -ENOENT);
        ck_assert_int_lt(listener_take(0x3fffffff, "127.0.0.1:1"), 0);
}
END_TEST

UNIT_MAIN("migrate-listener", one_port, queue, none);
