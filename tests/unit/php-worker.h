/* SPDX-License-Identifier: MIT */
#pragma once
/* For the tests of php_trace: PHP, started as in the zygote, and forked workers that run it. */

#include <SAPI.h>
#include <errno.h>
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

#include "php/engine/php_engine.h"
#include "php/trace/php_trace.h"
#include "unit.h"

#ifdef __SANITIZE_ADDRESS__
/* opcache does not load under it (RTLD_DEEPBIND), and PHP leaves memory to the exit. */
#define OPCACHE "php_ini_scan_dir = /nonexistent\n"

const char *__asan_default_options(void);

const char *__asan_default_options(void) {
        return "detect_leaks=0";
}
#else
/* Also for files that are new. */
#define OPCACHE "php_admin_value[opcache.file_update_protection] = 0\n"
#endif

typedef struct Worker {
        pid_t pid;
        int mem_fd;
} Worker;

static char folder[64];
static char main_name[32];
static PhpTrace trace;

/* --- a worker --- */

static void on_report(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        fprintf(stderr, "%s\n", line);
}

static void remove_folder(void) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        (void) !system(command);
}

static void write_file(const char *name, const char *text) {
        char path[PATH_MAX];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs(text, f);
        fclose(f);
}

/* Says what PHP itself thinks of its stack, then sleeps. */
static const char stop_php[] =
                "<?php function stop() { $text = '';\n"
                " foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS) as $f)\n"
                "  $text .= (isset($f['class']) ? strtok($f['class'], \"\\0\") . '::' : '')\n"
                "   . $f['function'] . \"\\0\" . ($f['file'] ?? '') . \"\\0\"\n"
                "   . ($f['line'] ?? 0) . \"\\0\";\n"
                " file_put_contents(__DIR__ . '/stack', $text);\n"
                " sleep(60); }\n";

static void start_php(void) {
        PoolConfig *config = NULL;
        char text[512];

        strcpy(folder, "/tmp/test-php-trace.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        atexit(remove_folder);
        write_file("stop.php", stop_php);

        snprintf(text, sizeof(text),
                        "[www]\nuser = nobody\npm = static\npm.max_children = 1\n" OPCACHE
                        "php_admin_value[error_log] = /dev/null\n"
                        "php_admin_flag[display_errors] = off\n"
                        "php_admin_value[max_execution_time] = 0\n"
                        "php_admin_value[auto_prepend_file] = %s/stop.php\n",
                        folder);
        ck_assert_int_eq(pool_config_parse(&config, "www", "www.conf", text, strlen(text),
                                         on_report, NULL),
                        0);
        ck_assert_int_eq(php_engine_start(config, false), 0);
}

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

static double microseconds_since(const struct timespec *start) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) (now.tv_sec - start->tv_sec) * 1e6 +
               (double) (now.tv_nsec - start->tv_nsec) / 1e3;
}
