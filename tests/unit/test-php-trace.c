/* SPDX-License-Identifier: MIT */
/* Proves that the stack of a PHP that runs is read right from its parent, and that one which
 * changes or lies meanwhile makes it shorter, never wrong. */

#include "pool/php_trace.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pool/php_engine.h"
#include "shared/clock.h"
#include "shared/escape.h"
#include "unit.h"

#define PLAIN "{}_@\\:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

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

enum {
        WAIT_USEC = 10 * 1000 * 1000,
};

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

static void check_escaped(const char *is, size_t size, const char *should_be) {
        char text[4096];

        if (escape_string(text, sizeof(text), should_be) < size)
                ck_assert_str_eq(is, text);
}

/* Against what stop() wrote: every frame but sleep() and {main}. */
static void check_against_php(void) {
        char path[PATH_MAX], text[1 << 16];
        const char *next = text;
        unsigned n = 1;
        FILE *f;

        snprintf(path, sizeof(path), "%s/stack", folder);
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        fclose(f);

        for (; *next && n < trace.n; n++) {
                const PhpTraceFrame *frame = &trace.frames[n];
                const char *file = next + strlen(next) + 1, *line = file + strlen(file) + 1;

                if (strspn(next, PLAIN) == strlen(next))
                        ck_assert_str_eq(frame->function, next);
                if (*file) {
                        check_escaped(frame->file, sizeof(frame->file), file);
                        ck_assert_uint_eq(frame->line, strtoul(line, NULL, 10));
                }
                next = line + strlen(line) + 1;
        }
        if (trace.truncated)
                return;

        ck_assert_str_eq(next, "");
        if (n < trace.n)
                ck_assert_str_eq(trace.frames[n++].function, "{main}");
        ck_assert_uint_eq(n, trace.n);
}

static double microseconds_since(const struct timespec *start) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) (now.tv_sec - start->tv_sec) * 1e6 +
               (double) (now.tv_nsec - start->tv_nsec) / 1e3;
}

/* Runs main.php until it sleeps, and reads its stack. */
static void trace_sleeper(unsigned max_depth, const char *main_php) {
        uint64_t until = clock_now_usec() + WAIT_USEC;
        struct timespec start;
        Worker worker;
        int r;

        worker = worker_run_main(main_php);
        do {
                usleep(1000);
                r = php_trace_read(worker.mem_fd, max_depth, &trace);
        } while ((r < 0 || strcmp(trace.frames[0].function, "sleep") != 0) &&
                        clock_now_usec() < until);

        ck_assert_int_eq(r, 0);
        ck_assert_int_eq(trace.moved, 0);
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (unsigned i = 0; i < 100; i++)
                (void) php_trace_read(worker.mem_fd, max_depth, &trace);
        fprintf(stderr, "asleep: %.1f us a trace, %u frames\n", microseconds_since(&start) / 100,
                        trace.n);
        worker_kill(&worker);
        check_against_php();
}

static void check_frame(unsigned i, const char *function, const char *file, unsigned line) {
        char path[PATH_MAX];

        ck_assert_uint_lt(i, trace.n);
        if (strcmp(file, "main.php") == 0)
                file = main_name;
        snprintf(path, sizeof(path), "%s/%s", folder, file);
        ck_assert_str_eq(trace.frames[i].function, function);
        ck_assert_str_eq(trace.frames[i].file, strcmp(file, "unknown") == 0 ? file : path);
        ck_assert_uint_eq(trace.frames[i].line, line);
        ck_assert_uint_ne(trace.frames[i].address, 0);
}

static void check_end(unsigned n) {
        ck_assert_uint_eq(trace.n, n);
        ck_assert_int_eq(trace.truncated, 0);
}

/* --- one that sleeps --- */

static void run_pause(const char *argument) {
        (void) argument;
        for (;;)
                pause();
}

START_TEST(no_php) {
        Worker worker;

        start_php();
        worker = worker_start(run_pause, NULL);
        ck_assert_int_eq(php_trace_read(worker.mem_fd, 20, &trace), -ENODATA);
        worker_kill(&worker);
        ck_assert_int_eq(php_trace_read(-1, 20, &trace), -EBADF);
}
END_TEST

START_TEST(functions_and_methods) {
        start_php();
        trace_sleeper(20, "<?php namespace App;\n"
                          "class Model { static function find() { \\stop();\n"
                          " } function save() {\n"
                          "  static::find(); } }\n"
                          "class User extends Model {}\n"
                          "function work() { (new User)->save(); }\n"
                          "$f = function () {\n"
                          "  work();\n"
                          "};\n"
                          "\\array_map(function ($x) use ($f) {\n"
                          " $f(); }, [1]);\n");
        check_frame(1, "stop", "main.php", 2);
        check_frame(2, "App\\Model::find", "main.php", 4);
        check_frame(3, "App\\Model::save", "main.php", 6);
        check_frame(4, "App\\work", "main.php", 8);
        check_frame(5, "App\\{closure}", "main.php", 11);
        check_frame(6, "App\\{closure}", "main.php", 10);
        check_frame(7, "array_map", "main.php", 10);
        check_frame(8, "{main}", "main.php", 10);
        check_end(9);
        ck_assert_str_eq(trace.file, trace.frames[0].file);
        ck_assert_uint_eq(trace.line, trace.frames[0].line);
}
END_TEST

START_TEST(magic) {
        start_php();
        trace_sleeper(20, "<?php class M {\n"
                          " function __call($n, $a) { return \"\" . $this; }\n"
                          " function __invoke() { N::nowhere(); }\n"
                          " function __toString() {\n"
                          "  new class { function __construct() {\n"
                          "   stop(); } }; return ''; } }\n"
                          "class N { static function __callStatic($n, $a) {\n"
                          " (new M)->nothing(1); } }\n"
                          "call_user_func(new M);\n");
        check_frame(1, "stop", "main.php", 6);
        check_frame(2, "class@anonymous::__construct", "main.php", 5);
        check_frame(3, "M::__toString", "main.php", 2);
        check_frame(4, "M::__call", "main.php", 8);
        check_frame(5, "N::__callStatic", "main.php", 3);
        check_frame(6, "M::__invoke", "main.php", 9);
        check_frame(7, "{main}", "main.php", 9); /* call_user_func is compiled away */
        check_end(8);
}
END_TEST

START_TEST(deep_recursion) {
        static const char script[] = "<?php function down($n) {\n"
                                     " if ($n == 0)\n"
                                     "  stop();\n"
                                     " down($n - 1); }\n"
                                     "\n"
                                     "down(1000);\n";

        start_php();
        trace_sleeper(20, script);
        ck_assert_uint_eq(trace.n, 20);
        ck_assert_int_eq(trace.truncated, 1);
        check_frame(1, "stop", "main.php", 3);
        for (unsigned i = 2; i < 20; i++)
                check_frame(i, "down", "main.php", 4);

        trace_sleeper(100000, script);
        ck_assert_uint_eq(trace.n, PHP_TRACE_DEPTH_MAX);
        ck_assert_int_eq(trace.truncated, 1);
        check_frame(PHP_TRACE_DEPTH_MAX - 1, "down", "main.php", 4);

        trace_sleeper(0, "<?php function f() { stop(); }\n\nf();");
        ck_assert_uint_eq(trace.n, 1);
        ck_assert_int_eq(trace.truncated, 1);
        check_frame(0, "sleep", "stop.php", 7);
}
END_TEST

START_TEST(include_chain) {
        char path[128];

        start_php();
        write_file("a.php", "<?php\n\nrequire_once 'b.php';\n");
        write_file("b.php", "<?php\n(function () {\n include __DIR__ . '/c.php'; })();");
        write_file("c.php", "<?php eval('\n\nrequire \"d.php\";');");
        write_file("d.php", "<?php class A extends B {}");
        write_file("e.php", "<?php\n\n\nstop(); class B {}");
        trace_sleeper(20, "<?php set_include_path(__DIR__);\n"
                          "spl_autoload_register(function ($c) {\n"
                          " include_once 'e.php'; });\n"
                          "include 'a.php';\n");

        snprintf(path, sizeof(path), "%s/c.php(1) : eval()'d code", folder);
        check_frame(1, "stop", "e.php", 4);
        check_frame(2, "include_once", "main.php", 3);
        check_frame(3, "{closure}", "d.php", 1);
        check_frame(4, "require", "c.php(1) : eval()'d code", 3);
        check_frame(5, "eval", "c.php", 1);
        check_frame(6, "include", "b.php", 3);
        check_frame(7, "{closure}", "b.php", 3);
        check_frame(8, "require_once", "a.php", 3);
        check_frame(9, "include", "main.php", 4);
        check_frame(10, "{main}", "main.php", 4);
        check_end(11);
}
END_TEST

START_TEST(generators) {
        start_php();
        trace_sleeper(20, "<?php function one() {\n"
                          " yield 1; stop(); }\n"
                          "function two() { yield from\n"
                          " one(); }\n"
                          "function three() { yield 0;\n"
                          " yield from two();\n"
                          "}\n"
                          "function all() { foreach (three() as $x)\n"
                          "  $y = 1; }\n"
                          "all();");
        check_frame(1, "stop", "main.php", 2);
        check_frame(2, "one", "main.php", 4);
        check_frame(3, "two", "main.php", 6);
        check_frame(4, "three", "main.php", 8);
        check_frame(5, "all", "main.php", 10);
        check_frame(6, "{main}", "main.php", 10);
        check_end(7);

        trace_sleeper(20, "<?php class G { function run() { yield stop(); } }\n"
                          "$g = (new G)->run();\n"
                          "$g->current();");
        check_frame(1, "stop", "main.php", 1);
        check_frame(2, "G::run", "main.php", 3);
        check_frame(3, "Generator::current", "main.php", 3);
        check_frame(4, "{main}", "main.php", 3);
        check_end(5);

        trace_sleeper(20, "<?php function late() { try { yield 1; }\n"
                          " finally { stop(); } }\n"
                          "$g = late(); $g->current();");
        check_frame(1, "stop", "main.php", 2);
        check_frame(2, "late", "unknown", 0);
        check_end(3);
}
END_TEST

START_TEST(fibers) {
        start_php();
        trace_sleeper(20, "<?php $f = new Fiber(function () {\n"
                          " Fiber::suspend();\n"
                          " stop(); });\n"
                          "$f->start();\n"
                          "$f->resume();\n");
        check_frame(1, "stop", "main.php", 3);
        check_frame(2, "{closure}", "main.php", 5);
        check_frame(3, "Fiber::resume", "main.php", 5);
        check_frame(4, "{main}", "main.php", 5);
        check_end(5);
}
END_TEST

START_TEST(exception_on_its_way) {
        start_php();
        trace_sleeper(20, "<?php class D { function __destruct() {\n"
                          "  stop(); } }\n"
                          "function fail() { throw new Exception; }\n"
                          "function g() {} function f() {\n"
                          " g(new D, fail());\n"
                          "}\n"
                          "try {\n"
                          " f(); } catch (Exception) {}");
        check_frame(1, "stop", "main.php", 2);
        check_frame(2, "D::__destruct", "main.php", 5);
        check_frame(3, "f", "main.php", 8);
        check_frame(4, "{main}", "main.php", 8);
        check_end(5);
}
END_TEST

START_TEST(called_by_nobody) {
        start_php();
        trace_sleeper(20, "<?php register_shutdown_function(function () {\n"
                          " stop(); });");
        check_frame(1, "stop", "main.php", 2);
        check_frame(2, "{closure}", "unknown", 0);
        check_end(3);
}
END_TEST

START_TEST(texts_of_strangers) {
        char name[512], path[600];

        start_php();
        memset(name, 'x', sizeof(name));
        snprintf(name + 199, sizeof(name) - 199, "/é\n\033[31m.php");
        snprintf(path, sizeof(path), "%s/%.199s", folder, name);
        ck_assert_int_eq(mkdir(path, 0700), 0);
        write_file(name, "<?php function \xff\xfe_f() { stop(); }\n\n\xff\xfe_f();");
        snprintf(path, sizeof(path), "<?php include '%s/%s';", folder, name);
        trace_sleeper(20, path);

        ck_assert_str_eq(trace.frames[2].function, "\\xff\\xfe_f");
        ck_assert_uint_eq(trace.frames[2].line, 3);
        ck_assert_ptr_eq(strstr(trace.frames[2].file, "…"), trace.frames[2].file);
        ck_assert_ptr_nonnull(strstr(trace.frames[2].file, "xxx/é\\x0a\\x1b[31m.php"));
        ck_assert_uint_eq(strlen(trace.frames[2].file), sizeof(trace.frames[2].file) - 1);
        check_end(5);
}
END_TEST

/* --- one that goes on --- */

/* Who may have called whom: "callee<caller", blank-separated. */
static void check_links(const char *links) {
        char link[300];

        for (unsigned i = 0; i + 1 < trace.n; i++) {
                snprintf(link, sizeof(link), " %s<%s ", trace.frames[i].function,
                                trace.frames[i + 1].function);
                ck_assert_msg(strstr(links, link), "rubbish: %s", link);
        }
        ck_assert_str_eq(trace.frames[trace.n - 1].function, "{main}");
}

static void trace_runner(unsigned times, const char *links, const char *main_php) {
        unsigned n_read = 0, n_frames = 0, n_moved = 0;
        struct timespec start;
        Worker worker;
        int r;

        worker = worker_run_main(main_php);
        while (php_trace_read(worker.mem_fd, 20, &trace) < 0)
                ;

        clock_gettime(CLOCK_MONOTONIC, &start);
        for (unsigned i = 0; i < times; i++) {
                r = php_trace_read(worker.mem_fd, 64, &trace);
                if (r == -EAGAIN)
                        continue;

                ck_assert_int_eq(r, 0);
                n_read++;
                n_frames += trace.n;
                n_moved += trace.moved;
                check_links(links);
        }
        fprintf(stderr, "running: %.1f us a trace, %u of %u read, %.1f frames each, %u had moved\n",
                        microseconds_since(&start) / times, n_read, times,
                        (double) n_frames / n_read, n_moved);
        ck_assert_uint_gt(n_read, times / 2);
        worker_kill(&worker);
}

START_TEST(tight_loops) {
        start_php();
        trace_runner(20000, " a<{main} b<a c<b d<{main} e<d f<e ",
                        "<?php\n"
                        "function a() { b(); } function b() { c(); } function c() { }\n"
                        "function d() { e(); } function e() { f(); } function f() { }\n"
                        "while (true) { a(); d(); }\n");
}
END_TEST

START_TEST(busy_methods) {
        start_php();
        trace_runner(20000,
                        " {main}<nobody S::run<{main} S::up<S::run S::down<S::run strrev<S::up "
                        "md5<S::down S::{closure}<array_map array_map<S::up "
                        "S::{closure}<usort usort<S::down S::gen<S::down ",
                        "<?php class S { function run() {\n"
                        "  while (true) { $this->up(5); self::down('x'); } }\n"
                        " function up($n) { array_map(function ($x) { return $x; }, [1, 2]);\n"
                        "  return strrev((string) $n); }\n"
                        " static function down($s) { $l = [3, 2, 1];\n"
                        "  usort($l, fn($p, $q) => $p <=> $q);\n"
                        "  foreach (self::gen() as $v) $s .= $v; return md5($s); }\n"
                        " static function gen() { yield 1; yield 2; } }\n"
                        "(new S)->run();");
}
END_TEST

START_TEST(recursion_that_goes_on) {
        start_php();
        trace_runner(5000, " fib<fib fib<{main} ",
                        "<?php function fib($n) { return $n < 2 ? 1 : fib($n - 1) + fib($n - 2); }"
                        "while (true) fib(25);");
}
END_TEST

START_TEST(code_that_goes_away) {
        start_php();
        trace_runner(5000, " eval<{main} {closure}<eval g<eval {closure}<{main} h<{closure} ",
                        "<?php function h() {} while (true) {\n"
                        " eval('(function () { $x = 1; })();');\n"
                        " $f = function () { h(); }; $f(); unset($f); }");
}
END_TEST

/* --- one that lies --- */

enum {
        LIES_WORDS = 8192,
};

static uint64_t lie(uint64_t *seed, const uint64_t *words) {
        *seed = *seed * 6364136223846793005U + 1442695040888963407U;
        switch (*seed >> 61) {
        case 0:
                return 0;
        case 1:
                return *seed;
        case 2:
                return *seed >> 52;
        case 3:
                return (uint64_t) &executor_globals + (*seed >> 50 & ~7U);
        case 4:
                return 0x16;
        default:
                return (uint64_t) (words + (*seed >> 40) % LIES_WORDS);
        }
}

/* What the trace follows may be anything: circles, holes, its own globals, numbers. */
static void run_lies(const char *argument) {
        static uint64_t words[LIES_WORDS];
        uint64_t seed = 1;

        (void) argument;
        for (;;) {
                for (unsigned i = 0; i < LIES_WORDS; i++)
                        words[i] = lie(&seed, words);
                EG(current_execute_data) = (void *) (words + (seed >> 40) % LIES_WORDS);
                usleep(200);
        }
}

/* Chains that are a circle: of calls, and of the frames that stand for generators. */
static void run_circle(const char *with_function) {
        static zend_execute_data ring[2];
        static zend_function function;

        function.type = ZEND_INTERNAL_FUNCTION;
        function.common.function_name = zend_string_init("round", 5, true);
        for (unsigned i = 0; i < 2; i++) {
                ring[i].func = with_function ? &function : NULL;
                ring[i].prev_execute_data = &ring[1 - i];
                ring[i].This.u1.type_info = IS_OBJECT;
        }
        EG(current_execute_data) = ring;
        run_pause(NULL);
}

static void check_texts(void) {
        for (unsigned i = 0; i < trace.n; i++) {
                const PhpTraceFrame *frame = &trace.frames[i];

                ck_assert_uint_lt(strnlen(frame->function, sizeof(frame->function)),
                                sizeof(frame->function));
                ck_assert_uint_lt(strnlen(frame->file, sizeof(frame->file)), sizeof(frame->file));
                for (const char *c = frame->function; *c; c++)
                        ck_assert((unsigned char) *c >= ' ');
        }
}

START_TEST(lies) {
        Worker worker;
        int r;

        start_php();
        worker = worker_start(run_lies, NULL);
        for (unsigned i = 0; i < 5000; i++) {
                r = php_trace_read(worker.mem_fd, 128, &trace);
                ck_assert(r == 0 || r == -EAGAIN || r == -ENODATA);
                if (r == 0)
                        check_texts();
        }
        worker_kill(&worker);
}
END_TEST

START_TEST(circles) {
        Worker worker;

        start_php();
        worker = worker_start(run_circle, "with a function");
        usleep(20 * 1000);
        ck_assert_int_eq(php_trace_read(worker.mem_fd, 128, &trace), 0);
        ck_assert_uint_eq(trace.n, 128);
        ck_assert_int_eq(trace.truncated, 1);
        ck_assert_str_eq(trace.frames[127].function, "round");
        worker_kill(&worker);

        worker = worker_start(run_circle, NULL);
        usleep(20 * 1000);
        ck_assert_int_eq(php_trace_read(worker.mem_fd, 128, &trace), -EAGAIN);
        worker_kill(&worker);
}
END_TEST

UNIT_MAIN("php-trace", no_php, functions_and_methods, magic, deep_recursion, include_chain,
                generators, fibers, exception_on_its_way, called_by_nobody, texts_of_strangers,
                tight_loops, busy_methods, recursion_that_goes_on, code_that_goes_away, lies,
                circles);
