/* SPDX-License-Identifier: MIT */
/* Proves that what a helper says and passes arrives, and how it ended; that one that hangs is left behind in time; and
 * that it has no fd of the manager's but those that it was given. */

#include "manager/spawn/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "unit.h"

typedef struct Seen {
        unsigned n_packets, n_ended;
        char text[64]; /* of the last packet */
        int fd;        /* that came with it */
        int result;
} Seen;

static sd_event *event;
static Seen seen;
static int kept_fd, other_fd;

static void setup(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        seen = (Seen){ .fd = -EBADF };
}

static void teardown(void) {
        fd_close(seen.fd);
        sd_event_unref(event);
}

static void on_packet(const void *data, size_t size, int fd, void *userdata) {
        ck_assert_ptr_eq(userdata, &seen);
        seen.n_packets++;
        snprintf(seen.text, sizeof(seen.text), "%.*s", (int) size, (const char *) data);
        fd_close(seen.fd);
        seen.fd = fd;
}

static void on_ended(int result, void *userdata) {
        ck_assert_ptr_eq(userdata, &seen);
        seen.n_ended++;
        seen.result = result;
}

static Helper *start(int (*work)(int answer_fd, void *userdata), uint64_t limit_usec) {
        Helper *helper = NULL;
        HelperPlan plan = {
                .work = work,
                .packet = on_packet,
                .ended = on_ended,
                .userdata = &seen,
                .limit_usec = limit_usec,
                .keep_fds = &kept_fd,
                .n_keep_fds = 1,
        };

        ck_assert_int_eq(helper_start(&helper, event, &plan), 0);
        return helper;
}

static void run_until_ended(void) {
        for (int i = 0; i < 100 && seen.n_ended == 0; i++)
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        ck_assert_uint_eq(seen.n_ended, 1);
}

/* More than the socket holds, so that it has to be taken while the helper works. */
static int say_much(int answer_fd, void *userdata) {
        _cleanup_close_ int fd = fd_memfd_data("test", "passed", 6);

        (void) userdata;
        for (int i = 0; i < 1000; i++)
                if (fd_pass_send(answer_fd, "packet", 6, -EBADF, 0) < 0)
                        return -EIO;

        return fd_pass_send(answer_fd, "last", 4, fd, 0);
}

START_TEST(packets_and_fds_arrive) {
        char text[8] = "";

        start(say_much, 0);
        run_until_ended();
        ck_assert_int_eq(seen.result, 0);
        ck_assert_uint_eq(seen.n_packets, 1001);
        ck_assert_str_eq(seen.text, "last");
        ck_assert_int_eq(pread(seen.fd, text, 6, 0), 6);
        ck_assert_str_eq(text, "passed");
        ck_assert_int_eq(fcntl(seen.fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

static int end_badly(int answer_fd, void *userdata) {
        (void) answer_fd;
        (void) userdata;
        return -ENOTCONN;
}

static int die(int answer_fd, void *userdata) {
        (void) answer_fd;
        (void) userdata;
        return raise(SIGKILL);
}

START_TEST(how_it_ended) {
        start(end_badly, 0);
        run_until_ended();
        ck_assert_int_eq(seen.result, -ENOTCONN);

        seen.n_ended = 0;
        start(die, 0);
        run_until_ended();
        ck_assert_int_eq(seen.result, -ECHILD);
}
END_TEST

static int hang(int answer_fd, void *userdata) {
        (void) answer_fd;
        (void) userdata;
        (void) pause();
        return 0;
}

START_TEST(one_that_hangs) {
        start(hang, 100000);
        run_until_ended();
        ck_assert_int_eq(seen.result, -ETIMEDOUT);

        /* Nobody hears of one that is given up. */
        seen.n_ended = 0;
        ck_assert_ptr_null(helper_free(start(hang, 0)));
        ck_assert_int_ge(sd_event_run(event, 100000), 0);
        ck_assert_uint_eq(seen.n_ended, 0);
}
END_TEST

static int look_at_fds(int answer_fd, void *userdata) {
        (void) userdata;
        if (fcntl(answer_fd, F_GETFD) < 0 || fcntl(kept_fd, F_GETFD) < 0)
                return -ENOENT;

        return fcntl(other_fd, F_GETFD) >= 0 ? -EEXIST : 0;
}

START_TEST(its_fds) {
        kept_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 20);
        other_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        start(look_at_fds, 0);
        run_until_ended();
        ck_assert_int_eq(seen.result, 0);
        close(kept_fd);
        close(other_fd);
        kept_fd = 0;
}
END_TEST

int main(void) {
        Suite *suite = suite_create("helper");
        TCase *tcase = tcase_create("helper");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, packets_and_fds_arrive);
        tcase_add_test(tcase, how_it_ended);
        tcase_add_test(tcase, one_that_hangs);
        tcase_add_test(tcase, its_fds);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
