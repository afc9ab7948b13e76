/* SPDX-License-Identifier: MIT */
/* Proves that the stack of a PHP that sleeps is read from its parent as PHP itself sees it. */

#include "php/trace/php_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "php-worker.h"
#include "unit.h"

enum {
        WAIT_USEC = 10 * 1000 * 1000,
};

#define PLAIN "{}_@\\:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

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
        char path[PATH_MAX], expected[300], found[300];

        ck_assert_uint_lt(i, trace.n);
        if (strcmp(file, "main.php") == 0)
                file = main_name;
        snprintf(path, sizeof(path), "%s/%s", folder, file);
        plain_name(expected, function);
        plain_name(found, trace.frames[i].function);
        ck_assert_str_eq(found, expected);
        ck_assert_str_eq(trace.frames[i].file, strcmp(file, "unknown") == 0 ? file : path);
        ck_assert_uint_eq(trace.frames[i].line, line);
        ck_assert_uint_ne(trace.frames[i].address, 0);
}

static void check_end(unsigned n) {
        ck_assert_uint_eq(trace.n, n);
        ck_assert_int_eq(trace.truncated, 0);
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

/* PHP 8.4 calls it without a frame. */
START_TEST(called_by_number) {
        start_php();
        trace_sleeper(20, "<?php class S { function __toString() { stop(); return ''; } }\n"
                          "function work() {\n"
                          "  return implode(',', [new S]); }\n"
                          "work();\n");
        check_frame(2, "S::__toString", "main.php", 3);
        check_frame(3, "implode", "main.php", 3);
        check_frame(4, "work", "main.php", 4);
        check_end(6);
}
END_TEST

#define NAME_150                                                                                   \
        "a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a12345"   \
        "6789a123456789a123456789a123456789a123456789a123456789a123456789"

START_TEST(long_closure) {
        const char *name;

        start_php();
        trace_sleeper(20, "<?php function " NAME_150 "() {\n"
                          "  (function () { stop(); })(); }\n" NAME_150 "();\n");
        check_frame(2, "{closure}", "main.php", 2);
        name = trace.frames[2].function;
        if (PHP_VERSION_ID >= 80400) {
                ck_assert_msg(strncmp(name, "{closure:…", strlen("{closure:…")) == 0, "%s", name);
                ck_assert_str_eq(name + strlen(name) - 8, "789():2}");
        }
}
END_TEST

UNIT_MAIN("php-trace", no_php, functions_and_methods, magic, deep_recursion, include_chain,
                generators, fibers, exception_on_its_way, called_by_nobody, texts_of_strangers,
                called_by_number, long_closure);
