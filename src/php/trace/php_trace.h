/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpTrace: what a worker's PHP does right now, read out of its memory while it goes on running.
 *
 * Runs in: zygote (any process forked from the same image that has not executed another: PHP's
 * globals stand at the same address). Trusts: nobody. What is read may change under our eyes, and a
 * script may have written it: every pointer, count and length is a claim, reads are bounded, texts
 * are escaped. The worker is not stopped and is not asked.
 *
 * mem_fd is the worker's /proc/self/mem, opened by the worker itself before it gives up being
 * dumpable: such an fd stays readable, while process_vm_readv() and a later open are refused. */

#include <stdbool.h>
#include <stdint.h>

#define PHP_TRACE_DEPTH_MAX 128U

typedef struct PhpTraceFrame {
        uint64_t address; /* of zend_execute_data, as php-fpm's slow log prints it */

        /* "f", "Class::f", "App\{closure}", "include_once", "eval"; "{main}" is the script itself,
         * and always the last. "[INCLUDE_OR_EVAL]" when nobody knows which. */
        char function[128];

        /* Where it was called (for {main}: where it stands), as php-fpm prints it; "unknown" and 0
         * when PHP itself called it. Of a long path the end is kept, behind "…". */
        char file[192];
        uint32_t line;
} PhpTraceFrame;

typedef struct PhpTrace {
        /* Where the innermost PHP code of the frames below stands. What runs without calling
         * anything saves its line now and then only, so it can be a few lines behind. */
        char file[192];
        uint32_t line;

        bool truncated; /* outer frames are missing: max_depth, or what they hold made no sense */
        bool moved; /* inner frames are missing: the worker went on too fast to be sure of them */
        unsigned n;
        PhpTraceFrame frames[PHP_TRACE_DEPTH_MAX]; /* innermost first */
} PhpTrace;

/* Reads at least one and at most max_depth frames that stayed the same over several reads. Returns 0, -ENODATA when no
 * PHP code runs, -EAGAIN when no frame stayed the same, -ESRCH when the worker has gone, or the negative errno of
 * pread(). On error *ret is undefined. It takes about 0.1 ms, 2 ms for 128 frames, and 3 ms more before -EAGAIN. */
int php_trace_read(int mem_fd, unsigned max_depth, PhpTrace *ret);
