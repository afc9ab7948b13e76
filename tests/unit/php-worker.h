/* SPDX-License-Identifier: MIT */
#pragma once
/* For the tests of php_trace: forked workers that run PHP. */

#include <SAPI.h>
#include <fcntl.h>
#include <php.h>
#include <php_main.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "php-unit.h"
#include "php/trace/php_trace.h"

typedef struct Worker {
        pid_t pid;
        int mem_fd;
} Worker;

static char main_name[32];
static PhpTrace trace;

static void send_fd(int socket_fd, int fd) {
        char control[CMSG_SPACE(sizeof(int))] = {};
        struct iovec iov = { .iov_base = &(char){ 0 }, .iov_len = 1 };
        struct msghdr mh = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = control,
                .msg_controllen = sizeof(control),
        };
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);

        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
        (void) !sendmsg(socket_fd, &mh, 0);
}

static int receive_fd(int socket_fd) {
        char byte, control[CMSG_SPACE(sizeof(int))];
        struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
        struct msghdr mh = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = control,
                .msg_controllen = sizeof(control),
        };
        int fd = -EBADF;

        ck_assert_int_eq(recvmsg(socket_fd, &mh, MSG_CMSG_CLOEXEC), 1);
        ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&mh));
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&mh)), sizeof(int));
        return fd;
}

/* As a worker: hands out its memory, and is not dumpable then. */
static Worker worker_start(void (*run)(const char *argument), const char *argument) {
        Worker worker = {};
        int pair[2], fd;

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        worker.pid = fork();
        ck_assert_int_ge(worker.pid, 0);
        if (worker.pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
                (void) prctl(PR_SET_DUMPABLE, 0);
                send_fd(pair[1], fd);
                close(fd);
                run(argument);
                _exit(0);
        }

        worker.mem_fd = receive_fd(pair[0]);
        close(pair[0]);
        close(pair[1]);
        return worker;
}

static void worker_kill(Worker *worker) {
        ck_assert_int_eq(kill(worker->pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(worker->pid, NULL, 0), worker->pid);
        ck_assert_int_eq(php_trace_read(worker->mem_fd, 20, &trace), -ESRCH);
        close(worker->mem_fd);
}

static void run_script(const char *path) {
        zend_file_handle handle;

        SG(request_info).path_translated = (char *) path;
        if (php_request_startup() == FAILURE)
                _exit(1);
        zend_first_try {
                zend_stream_init_filename(&handle, path);
                php_execute_script(&handle);
                php_request_shutdown(NULL);
        }
        zend_end_try();
}

/* Each under a name of its own, or opcache would run the former. */
static Worker worker_run_main(const char *main_php) {
        static unsigned n;
        char path[128];

        snprintf(main_name, sizeof(main_name), "main%u.php", n++);
        write_file(main_name, main_php);
        snprintf(path, sizeof(path), "%s/%s", folder, main_name);
        return worker_start(run_script, path);
}

static void run_pause(const char *argument) {
        (void) argument;
        for (;;)
                pause();
}

/* Without what PHP 8.4 and newer say of closures, where older ones say the namespace. */
static void plain_name(char to[static 300], const char *name) {
        const char *closure = strstr(name, "{closure"), *end = strrchr(name, '}');

        if (!closure || !end)
                snprintf(to, 300, "%s", name);
        else if (closure > name && closure[-1] == '\\')
                snprintf(to, 300, "{closure%s", end);
        else
                snprintf(to, 300, "%.*s{closure%s", (int) (closure - name), name, end);
}

static double microseconds_since(const struct timespec *start) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) (now.tv_sec - start->tv_sec) * 1e6 +
               (double) (now.tv_nsec - start->tv_nsec) / 1e3;
}
