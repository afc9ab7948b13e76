/* SPDX-License-Identifier: MIT */
/* Proves that a journald that does not read holds up nobody for long. */

#include "base/journal_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "unit.h"

static void read_text(int fd, char *text, size_t size) {
        ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);

        ck_assert_int_ge(n, 0);
        text[n] = '\0';
}

/* What a script has left without an end stays apart. */
START_TEST(lines_stand_alone) {
        char text[64];
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ck_assert_int_eq(write(fds[0], "open", 4), 4);
        ck_assert_int_eq(journal_stream_write(fds[0], "<6>line\n", 8), 0);
        read_text(fds[1], text, sizeof(text));
        ck_assert_str_eq(text, "open\n<6>line\n");
        journal_stream_end_line(fds[0]);
        read_text(fds[1], text, sizeof(text));
        ck_assert_str_eq(text, "\n");
        close(fds[0]);
        close(fds[1]);
}
END_TEST

/* A terminal or a file has no use for an empty line, nor for priorities. */
START_TEST(no_journal) {
        char text[64] = "";
        int fd = memfd_create("stderr", MFD_CLOEXEC);

        ck_assert_int_eq(journal_stream_write(fd, "<6>line\n<4>x <3>y\n<9>\n<3", 24), 0);
        journal_stream_end_line(fd);
        ck_assert_int_eq(pread(fd, text, sizeof(text), 0), 18);
        ck_assert_str_eq(text, "line\nx <3>y\n<9>\n<3");
        close(fd);
}
END_TEST

START_TEST(full_stream) {
        static char line[8000];
        uint64_t start;
        int fds[2], r = 0;

        memset(line, 'x', sizeof(line));
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        journal_stream_limit(fds[0]);
        start = clock_now_usec();
        for (int i = 0; i < 1000 && r == 0; i++)
                r = journal_stream_write(fds[0], line, sizeof(line));
        ck_assert_int_eq(r, -EAGAIN);
        ck_assert_uint_lt(clock_now_usec() - start, JOURNAL_STREAM_WAIT_USEC);

        /* What others write there waits, but not for ever. */
        start = clock_now_usec();
        ck_assert_int_eq(write(fds[0], line, sizeof(line)), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_uint_ge(clock_now_usec() - start, JOURNAL_STREAM_WAIT_USEC);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

/* The end of a process waits for what it has said, with a limit. */
START_TEST(last_words) {
        int datagrams[2], stream[2];
        uint64_t start = clock_now_usec();

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, stream), 0);
        ck_assert_int_eq(write(stream[0], "x", 1), 1);
        ck_assert_int_eq(journal_socket_drain(datagrams[0], stream[0], 100000), -ETIMEDOUT);
        ck_assert_uint_ge(clock_now_usec() - start, 100000);
        ck_assert_uint_le(clock_now_usec() - start, 2000000);
        for (int i = 0; i < 2; i++) {
                close(datagrams[i]);
                close(stream[i]);
        }
}
END_TEST

UNIT_MAIN("journal socket", lines_stand_alone, no_journal, full_stream, last_words);
