/* SPDX-License-Identifier: MIT */
/* Proves that a connection comes out of the pair as it went in, and that none is lost when a process, or a user, has no
 * descriptor left. */

#include "php/worker/keepalive/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd_pass.h"
#include "unit.h"

static Handoff handoff;

static void setup(void) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
        (void) setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &(int){ 1 << 20 }, sizeof(int));
        handoff_init(&handoff, fds[0], fds[1]);
}

static void set_limit(rlim_t soft, rlim_t hard) {
        const struct rlimit limit = { .rlim_cur = soft, .rlim_max = hard };

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int other_file(void) {
        int fd = memfd_create("other", MFD_CLOEXEC);

        ck_assert_int_eq(ftruncate(fd, 4711), 0);
        return fd;
}

START_TEST(what_goes_in_comes_out) {
        int fd = other_file(), received;
        uint64_t since;
        struct stat st;

        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), -EAGAIN);
        ck_assert_int_eq(handoff_send(&handoff, fd, 5), 0);
        ck_assert_int_eq(handoff_send(&handoff, STDIN_FILENO, 0), 0);
        ck_assert_uint_eq(handoff_depth(&handoff), 2);
        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), 0);
        ck_assert_uint_eq(since, 5);
        ck_assert_int_eq(fstat(received, &st), 0);
        ck_assert_int_eq(st.st_size, 4711);
        ck_assert_int_eq(fcntl(received, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), 0);
        ck_assert_uint_eq(since, 0);
        ck_assert_ptr_null(handoff_take_complaint(&handoff));
}
END_TEST

START_TEST(what_is_no_connection_is_skipped) {
        int received;
        uint64_t since;

        ck_assert_int_eq(fd_pass_send(handoff.out_fd, "x", 1, -EBADF, MSG_DONTWAIT), 0);
        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), -EBADMSG);
        ck_assert_int_eq(fd_pass_send(handoff.out_fd, "x", 1, STDIN_FILENO, MSG_DONTWAIT), 0);
        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), 0);
        ck_assert_uint_eq(since, 0);
}
END_TEST

/* The kernel would drop the descriptor for which it finds no number. */
START_TEST(a_process_with_all_numbers_in_use_takes_nothing) {
        int fd, received;
        uint64_t since;
        struct stat st;

        ck_assert_int_eq(handoff_send(&handoff, other_file(), 5), 0);
        set_limit(64, 64);
        while ((fd = dup(STDIN_FILENO)) >= 0)
                ;

        ck_assert_int_eq(handoff_receive(&handoff, &received, &since), 0);
        ck_assert_int_eq(fstat(received, &st), 0);
        ck_assert_int_eq(st.st_size, 4711);

        ck_assert_int_eq(handoff_send(&handoff, STDIN_FILENO, 5), 0);
        ck_assert_int_eq(handoff_receive(&handoff, &fd, &since), -EMFILE);
        ck_assert_uint_eq(handoff_depth(&handoff), 1);
        close(received);
        ck_assert_int_eq(handoff_receive(&handoff, &fd, &since), 0);
        for (fd = 40; fd < 64; fd++)
                close(fd); /* whoever looks for leaks opens files */
}
END_TEST

/* As a user of whom nothing is under way. Returns what is wrong. */
static const char *send_as_somebody(void) {
        struct rlimit limit;
        const char *complaint;

        set_limit(64, 128);
        if (setresuid(60123, 60123, 60123) < 0)
                return "the user is not changed";
        for (unsigned i = 0; i < 100; i++)
                if (handoff_send(&handoff, STDIN_FILENO, 0) < 0)
                        return "the soft limit counts";
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur != 64)
                return "the soft limit is another one";
        if (handoff_take_complaint(&handoff))
                return "it complains of nothing";

        for (unsigned i = 0; i < 30; i++)
                (void) handoff_send(&handoff, STDIN_FILENO, 0);
        if (handoff_send(&handoff, STDIN_FILENO, 0) != -ETOOMANYREFS)
                return "the hard limit does not count";

        complaint = handoff_take_complaint(&handoff);
        return complaint && strstr(complaint, "RLIMIT_NOFILE") ? "" : "it does not complain";
}

/* The limit on what a user has under way is that of the sender; root has none. */
START_TEST(the_hard_limit_counts_for_what_is_under_way) {
        int status, pipe_fds[2];
        char wrong[64] = "";
        pid_t pid;

        if (geteuid() != 0)
                return;

        ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                const char *text = send_as_somebody();

                _exit(write(pipe_fds[1], text, strlen(text)) < 0);
        }

        close(pipe_fds[1]);
        ck_assert_int_ge(read(pipe_fds[0], wrong, sizeof(wrong) - 1), 0);
        ck_assert_str_eq(wrong, "");
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

START_TEST(a_full_pair_is_no_complaint) {
        int r;

        set_limit(4096, 4096);
        do
                r = handoff_send(&handoff, STDIN_FILENO, 0);
        while (r == 0);
        ck_assert_int_eq(r, -EAGAIN);
        ck_assert_uint_gt(handoff_depth(&handoff), 200);
        ck_assert_ptr_null(handoff_take_complaint(&handoff));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("handoff");
        TCase *tcase = tcase_create("handoff");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, what_goes_in_comes_out);
        tcase_add_test(tcase, what_is_no_connection_is_skipped);
        tcase_add_test(tcase, a_process_with_all_numbers_in_use_takes_nothing);
        tcase_add_test(tcase, the_hard_limit_counts_for_what_is_under_way);
        tcase_add_test(tcase, a_full_pair_is_no_complaint);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
