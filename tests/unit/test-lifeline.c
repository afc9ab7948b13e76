/* SPDX-License-Identifier: MIT */
/* Proves what goes over the lifeline of a worker, and that the zygote takes nothing else from it. */

#include "php/zygote/lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd_pass.h"
#include "unit.h"

static int zygote_fd, worker_fd;

static void setup(void) {
        ck_assert_int_eq(lifeline_new(&zygote_fd, &worker_fd), 0);
}

static void teardown(void) {
        close(zygote_fd);
        close(worker_fd);
}

START_TEST(the_memory_of_a_worker_is_its_own) {
        static volatile int secret;
        int fd, value = 0;
        pid_t pid;

        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -EAGAIN);
        pid = fork();
        if (pid == 0) {
                secret = 42;
                prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
                if (lifeline_send_memory(worker_fd, -EBADF) < 0 ||
                                prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
                        _exit(1);
                pause();
        }

        while ((fd = lifeline_receive_memory(zygote_fd)) == -EAGAIN)
                usleep(1000);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(pread(fd, &value, sizeof(value), (off_t) (uintptr_t) &secret),
                        sizeof(value));
        ck_assert_int_eq(value, 42);
        ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
        close(fd);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(why_there_is_none_is_told) {
        int null_fd = open("/dev", O_PATH | O_CLOEXEC);

        ck_assert_int_eq(lifeline_send_memory(worker_fd, null_fd), -ENOENT);
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -ENOENT);
        close(null_fd);
}
END_TEST

START_TEST(a_worker_that_says_anything_else_has_none) {
        LifelineMemory memory = { .error = -1 };

        ck_assert_int_eq(send(worker_fd, "m", 1, 0), 1);
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -EBADMSG);
        ck_assert_int_eq(send(worker_fd, &memory, sizeof(memory), 0), sizeof(memory));
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -EBADMSG);
        memory.error = EAGAIN; /* which would mean: not yet */
        ck_assert_int_eq(send(worker_fd, &memory, sizeof(memory), 0), sizeof(memory));
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -EIO);
        memory.error = 0;
        ck_assert_int_eq(send(worker_fd, &memory, sizeof(memory), 0), sizeof(memory));
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -EMFILE);
        shutdown(worker_fd, SHUT_RDWR);
        ck_assert_int_eq(lifeline_receive_memory(zygote_fd), -ESRCH);
}
END_TEST

START_TEST(the_newest_log_counts) {
        int old[2], new[2], fd;

        ck_assert_int_eq(pipe2(old, O_CLOEXEC), 0);
        ck_assert_int_eq(pipe2(new, O_CLOEXEC), 0);
        ck_assert_int_eq(lifeline_receive_log(worker_fd), -ENODATA);
        ck_assert_int_eq(lifeline_send_log(zygote_fd, old[1]), 0);
        ck_assert_int_eq(lifeline_wake(zygote_fd), 0);
        ck_assert_int_eq(lifeline_send_log(zygote_fd, new[1]), 0);
        fd = lifeline_receive_log(worker_fd);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, "x", 1), 1);
        ck_assert_int_eq(read(new[0], &(char){ 0 }, 1), 1);
        ck_assert_int_eq(lifeline_receive_log(worker_fd), -ENODATA);
        close(fd);
        for (unsigned i = 0; i < 2; i++) {
                close(old[i]);
                close(new[i]);
        }
}
END_TEST

int main(void) {
        const TTest *const tests[] = { the_memory_of_a_worker_is_its_own, why_there_is_none_is_told,
                a_worker_that_says_anything_else_has_none, the_newest_log_counts };
        Suite *suite = suite_create("lifeline");
        TCase *tcase = tcase_create("lifeline");

        tcase_add_checked_fixture(tcase, setup, teardown);
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
