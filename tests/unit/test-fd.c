/* SPDX-License-Identifier: MIT */
/* Proves that descriptors keep what they are, wherever they are moved to. */

#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum {
        N_FDS = 4,
        FIRST = 3,
};

/* A memfd that can be told from others by what it holds. */
static int marked(char mark) {
        int fd = memfd_create("mark", MFD_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, &mark, 1), 1);
        return fd;
}

static char mark_of(int fd) {
        char mark = '?';

        return pread(fd, &mark, 1, 0) == 1 ? mark : '?';
}

/* In a child, since it plays with low numbers: puts marks a, b, c … on the numbers that places say,
 * arranges them, and exits with 0 if each is where it belongs. */
static int arrange(const int places[N_FDS]) {
        int fds[N_FDS];

        for (int i = 0; i < N_FDS; i++) {
                fds[i] = fcntl(marked((char) ('a' + i)), F_DUPFD_CLOEXEC, 100);
                if (fds[i] < 0)
                        return 1;
        }

        close_range(3, 99, 0);
        for (int i = 0; i < N_FDS; i++) {
                if (dup3(fds[i], places[i], O_CLOEXEC) < 0)
                        return 2;
                fds[i] = places[i];
        }

        if (fd_arrange(fds, N_FDS, FIRST) < 0)
                return 3;

        for (int i = 0; i < N_FDS; i++) {
                if (fds[i] != FIRST + i || mark_of(FIRST + i) != 'a' + i)
                        return 4;
                if (fcntl(FIRST + i, F_GETFD) != 0)
                        return 5;
        }

        for (int fd = FIRST + N_FDS; fd < 200; fd++) {
                int flags = fcntl(fd, F_GETFD);

                if (flags >= 0 && !(flags & FD_CLOEXEC))
                        return 6;
        }

        return 0;
}

static void arranges(const int places[N_FDS]) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(arrange(places));

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(status == 0, "%d %d %d %d: status %d", places[0], places[1], places[2],
                        places[3], status);
}

static bool all_different(const int places[N_FDS]) {
        for (int i = 0; i < N_FDS; i++)
                for (int j = 0; j < i; j++)
                        if (places[i] == places[j])
                                return false;

        return true;
}

/* Every way to stand in the range and around it: 3 to 6 are the targets, 7 and 8 are behind. */
START_TEST(any_order_is_arranged) {
        int p[N_FDS];

        for (p[0] = 3; p[0] <= 8; p[0]++)
                for (p[1] = 3; p[1] <= 8; p[1]++)
                        for (p[2] = 3; p[2] <= 8; p[2]++)
                                for (p[3] = 3; p[3] <= 8; p[3]++)
                                        if (all_different(p))
                                                arranges(p);
}
END_TEST

START_TEST(one_fd_may_be_given_twice) {
        int fds[] = { 3, 3, 4 };
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int a = marked('a'), b = marked('b');

                dup2(fcntl(a, F_DUPFD_CLOEXEC, 50), 3);
                dup2(fcntl(b, F_DUPFD_CLOEXEC, 50), 4);
                if (mark_of(3) != 'a' || mark_of(4) != 'b')
                        _exit(1);
                _exit(fd_arrange(fds, 3, 3) != 0 || mark_of(3) != 'a' || mark_of(4) != 'a' ||
                                mark_of(5) != 'b');
        }

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_bad_fd_is_an_error) {
        int fds[] = { 900 };

        ck_assert_int_eq(fd_arrange(fds, 1, 200), -EBADF);
        ck_assert_int_eq(fd_arrange(NULL, 0, 3), 0);
}
END_TEST

START_TEST(flags) {
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        ck_assert_int_eq(fd_set_nonblock(fds[0], true), 0);
        ck_assert(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
        ck_assert_int_eq(fd_set_nonblock(fds[0], false), 0);
        ck_assert(!(fcntl(fds[0], F_GETFL) & O_NONBLOCK));
        ck_assert_int_eq(fd_set_cloexec(fds[0], false), 0);
        ck_assert_int_eq(fcntl(fds[0], F_GETFD), 0);
        ck_assert_int_eq(fd_set_cloexec(fds[0], true), 0);
        ck_assert_int_eq(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fd_set_cloexec(-EBADF, true), -EBADF);

        errno = EILSEQ;
        ck_assert_int_eq(fd_close(fds[0]), -EBADF);
        ck_assert_int_eq(fd_close(-EBADF), -EBADF);
        ck_assert_int_eq(errno, EILSEQ);
        fd_close(fds[1]);
}
END_TEST

START_TEST(memfds_are_sealed) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        struct stat st;
        int fd;

        fd = fd_memfd_sized("sized", 8192);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_int_eq(st.st_size, 8192);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        ck_assert_int_lt(ftruncate(fd, 4096), 0);
        ck_assert_int_lt(ftruncate(fd, 16384), 0);
        ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
        fd_close(fd);

        fd = fd_memfd_data("data", "hello", 5);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_lt(pwrite(fd, "x", 1, 0), 0);
        ck_assert_int_lt(ftruncate(fd, 4), 0);
        ck_assert_int_eq(fd_read_all(fd, 5, &text, &size), 0);
        ck_assert_uint_eq(size, 5);
        ck_assert_str_eq(text, "hello");
        fd_close(fd);
}
END_TEST

START_TEST(reading_all) {
        _cleanup_free_ char *text = NULL, *proc = NULL, *empty = NULL;
        int fd = marked('m'), proc_fd, empty_fd;
        size_t size;

        ck_assert_int_eq(fd_write_all(fd, "ore", 3), 0);
        ck_assert_int_eq(fd_read_all(fd, 3, &text, &size), -EFBIG);
        ck_assert_ptr_null(text);
        ck_assert_int_eq(fd_read_all(fd, 4, &text, &size), 0);
        ck_assert_str_eq(text, "more");
        ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 4);

        proc_fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(fd_read_all(proc_fd, 65536, &proc, &size), 0);
        ck_assert_uint_gt(size, 0);

        empty_fd = fd_memfd_sized("empty", 0);
        ck_assert_int_eq(fd_read_all(empty_fd, 10, &empty, &size), 0);
        ck_assert_uint_eq(size, 0);
        ck_assert_str_eq(empty, "");
        ck_assert_int_eq(fd_read_all(-EBADF, 10, &empty, &size), -EBADF);

        fd_close(fd);
        fd_close(proc_fd);
        fd_close(empty_fd);
}
END_TEST

/* Each process that has the fd can clear the flag. */
START_TEST(an_empty_eventfd_is_not_waited_for) {
        _cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC);

        ck_assert_int_eq(fd_drain_event(fd), -EAGAIN);
        eventfd_write(fd, 3);
        ck_assert_int_eq(fd_drain_event(fd), 0);
        ck_assert_int_eq(fd_drain_event(fd), -EAGAIN);
}
END_TEST

/* What was left of an earlier writer, here a link that leads elsewhere, is neither followed nor in the way. */
START_TEST(a_file_is_replaced_whole) {
        char folder[] = "/tmp/fpmd-test-fd-XXXXXX";
        _cleanup_close_ int dir_fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        struct stat st;
        size_t size;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_eq(symlinkat("elsewhere", dir_fd, "file+"), 0);
        ck_assert_int_eq(fd_replace_file(dir_fd, "file", "first", 0600), 0);
        ck_assert_int_eq(fd_replace_file(dir_fd, "file", "second", 0600), 0);

        ck_assert_int_eq(chdir(folder), 0);
        ck_assert_int_eq(fd_read_file("file", 100, &text, &size), 0);
        ck_assert_str_eq(text, "second");
        ck_assert_int_eq(stat("file", &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0600);
        ck_assert_int_lt(faccessat(dir_fd, "file+", F_OK, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert_int_lt(access("elsewhere", F_OK), 0);

        /* A folder cannot be replaced; nothing is left behind. */
        ck_assert_int_eq(mkdirat(dir_fd, "folder", 0700), 0);
        ck_assert_int_lt(fd_replace_file(dir_fd, "folder", "text", 0600), 0);
        ck_assert_int_lt(access("folder+", F_OK), 0);

        ck_assert_int_eq(unlink("file"), 0);
        ck_assert_int_eq(chdir("/"), 0);
        ck_assert_int_eq(unlinkat(dir_fd, "folder", AT_REMOVEDIR), 0);
        ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

UNIT_MAIN("fd", a_file_is_replaced_whole, an_empty_eventfd_is_not_waited_for, any_order_is_arranged,
                one_fd_may_be_given_twice, a_bad_fd_is_an_error, flags, memfds_are_sealed,
                reading_all);
