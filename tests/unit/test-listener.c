/* SPDX-License-Identifier: MIT */
/* Proves what is taken of the sockets that were passed, and that what others did to them is found and undone. */

#include "manager/sockets/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/queue_depth.h"
#include "manager/sockets/listener_state.h"
#include "manager/sockets/port_release.h"
#include "unit.h"

static int unix_listener(void) {
        static unsigned n;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int size = snprintf(address.sun_path + 1, 64, "test-listener-%d-%u", getpid(), n++);

        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address,
                                         (socklen_t) (sizeof(sa_family_t) + 1 + (size_t) size)),
                        0);
        ck_assert_int_eq(listen(fd, 1024), 0);
        return fd;
}

/* A port that stays when the socket does not listen is one that was asked for. */
static int tcp_listener(void) {
        struct sockaddr_in address = { .sin_family = AF_INET };

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (uint16_t port = 20000; port < 30000; port++) {
                int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

                address.sin_port = htons(port);
                if (bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0 &&
                                listen(fd, 1024) == 0)
                        return fd;

                close(fd);
        }

        ck_abort();
}

static unsigned backlog_of(int fd) {
        QueueDepth depth;

        ck_assert_int_eq(queue_depth_of(fd, &depth), 0);
        return depth.n_limit;
}

START_TEST(what_others_did_is_undone) {
        int fds[] = { unix_listener(), tcp_listener() };

        for (size_t i = 0; i < 2; i++) {
                listener_state_restore(fds[i], -1, "test");
                ck_assert(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
                ck_assert_uint_eq(backlog_of(fds[i]), 1024);

                ck_assert_int_eq(listen(fds[i], 1), 0);
                listener_state_restore(fds[i], 600, "test");
                ck_assert_uint_eq(backlog_of(fds[i]), 600);

                ck_assert_int_eq(listen(fds[i], 5), 0);
                listener_state_restore(fds[i], 5, "test");
                ck_assert_uint_eq(backlog_of(fds[i]), 5);
        }
}
END_TEST

START_TEST(accept_returns_without_the_flag) {
        int fd = unix_listener();
        uint64_t begin;

        ck_assert_int_eq(listener_state_unblock(fd), 0);
        ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
        ck_assert_int_eq(fcntl(fd, F_SETFL, O_RDWR), 0);
        begin = clock_now_usec();
        ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_uint_lt(clock_now_usec() - begin, 5000000);
}
END_TEST

START_TEST(a_shutdown_is_seen_and_undone_for_tcp) {
        int local = unix_listener(), tcp = tcp_listener(), ends[2];
        Listeners listeners = { .fds = { local, tcp }, .n_fds = 2 };

        ck_assert(!listeners_are_hung_up(&listeners));
        ck_assert_int_eq(shutdown(local, SHUT_RDWR), 0);
        ck_assert_int_eq(shutdown(tcp, SHUT_RDWR), 0);
        ck_assert(listeners_are_hung_up(&listeners));
        ck_assert(listener_state_revive(tcp));
        ck_assert(!listener_state_is_hung_up(tcp));
        ck_assert_uint_ge(backlog_of(tcp), 1024);
        ck_assert(listener_state_is_hung_up(local));

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        ck_assert(!listener_state_revive(ends[0]));
}
END_TEST

/* In a process of its own: the numbers of the fds are a contract. Returns ten times the number of
 * listeners that it takes, and how many are open still; or 100. */
static int receive(const int fds[], size_t n, const char *names) {
        Listeners listeners = {};
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                struct stat before, now;
                int high[8], n_open = 0;
                char number[16];

                for (size_t i = 0; i < n; i++)
                        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 100);
                for (size_t i = 0; i < n; i++)
                        (void) dup2(high[i], 3 + (int) i);
                snprintf(number, sizeof(number), "%d", getpid());
                setenv("LISTEN_PID", number, 1);
                snprintf(number, sizeof(number), "%zu", n);
                setenv("LISTEN_FDS", number, 1);
                setenv("LISTEN_FDNAMES", names, 1);
                if (listeners_receive(&listeners, getuid()) < 0)
                        _exit(100);
                for (size_t i = 0; i < n; i++)
                        n_open += fstat(3 + (int) i, &now) == 0 && fstat(high[i], &before) == 0 &&
                                  now.st_ino == before.st_ino;
                _exit((int) listeners.n_fds * 10 + n_open);
        }

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        return WEXITSTATUS(status);
}

START_TEST(what_another_version_stored_is_closed) {
        int pair[2], fds[3];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        fds[0] = unix_listener();
        fds[1] = pair[0];
        fds[2] = pair[1];
        ck_assert_int_eq(receive(fds, 3, "listen:kept-take-33:kept-give-33"), 11);
        ck_assert_int_eq(receive(fds, 1, "listen"), 11);
        ck_assert_int_eq(receive(fds, 1, "an-administrator-s.socket"), 11);
        ck_assert_int_eq(receive(fds + 1, 1, "listen"), 100);
        ck_assert_int_eq(receive(fds + 1, 1, "kept-take-33"), 100);
}
END_TEST

static unsigned port_of(int fd) {
        struct sockaddr_in address;
        socklen_t size = sizeof(address);

        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        return ntohs(address.sin_port);
}

START_TEST(a_closed_port_is_waited_for) {
        uint64_t begin = clock_now_usec();
        char local[64], wild[64], other[64];
        int fd = tcp_listener();

        snprintf(local, sizeof(local), "127.0.0.1:%u", port_of(fd));
        snprintf(wild, sizeof(wild), "%u", port_of(fd));
        snprintf(other, sizeof(other), "127.0.0.2:%u", port_of(fd));
        ck_assert(!port_release_wait(local, begin + 30000));
        ck_assert_uint_ge(clock_now_usec(), begin + 30000);
        ck_assert(!port_release_wait(wild, 0));
        ck_assert(port_release_wait(other, 0));

        if (fork() == 0) {
                usleep(50000);
                _exit(0); /* the last one that has it */
        }
        close(fd);
        ck_assert(!port_release_wait(local, 0));
        ck_assert(port_release_wait(local, begin + 60000000));
        ck_assert(port_release_wait(wild, 0));
        wait(NULL);

        /* Nobody waits for what is no port of this machine. */
        ck_assert(port_release_wait("/run/x.sock", begin + 60000000));
        ck_assert(port_release_wait("192.0.2.1:9000", begin + 60000000));
        ck_assert(port_release_wait("rubbish:port", begin + 60000000));
        ck_assert_uint_lt(clock_now_usec(), begin + 50000000);
}
END_TEST

UNIT_MAIN("listener", a_closed_port_is_waited_for, what_others_did_is_undone,
                accept_returns_without_the_flag, a_shutdown_is_seen_and_undone_for_tcp,
                what_another_version_stored_is_closed);
