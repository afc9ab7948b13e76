/* SPDX-License-Identifier: MIT */
/* Proves that a stack that changes or lies while it is read gets shorter, never wrong. */

#include "php/trace/php_trace.h"

#include <errno.h>
#include <php.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "php-worker.h"
#include "unit.h"

/* Who may have called whom: "callee<caller", blank-separated. */
static void check_links(const char *links) {
        char link[620], callee[300], caller[300];

        for (unsigned i = 0; i + 1 < trace.n; i++) {
                plain_name(callee, trace.frames[i].function);
                plain_name(caller, trace.frames[i + 1].function);
                snprintf(link, sizeof(link), " %s<%s ", callee, caller);
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
        static zend_execute_data wake_below[2];
        static zend_function function;

        function.type = ZEND_INTERNAL_FUNCTION;
        function.common.function_name = zend_string_init("round", 5, true);
        for (unsigned i = 0; i < 2; i++) {
                wake_below[i].func = with_function ? &function : NULL;
                wake_below[i].prev_execute_data = &wake_below[1 - i];
                wake_below[i].This.u1.type_info = IS_OBJECT;
        }
        EG(current_execute_data) = wake_below;
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

UNIT_MAIN("php-trace-moving", tight_loops, busy_methods, recursion_that_goes_on,
                code_that_goes_away, lies, circles);
