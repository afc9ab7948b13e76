/* SPDX-License-Identifier: MIT */
#include "php/trace/php_trace.h"

#include <errno.h>
#include <php.h>
#include <string.h>
#include <unistd.h>
#if PHP_VERSION_ID >= 80400
#include <zend_frameless_function.h>
#endif

#include "base/escape.h"
#include "php/trace/php_chain.h"
#include "php/trace/php_string.h"
#include "php/trace/remote_memory.h"

enum {
        /* How often the chain is read before a call in it counts, and once more behind. Each pass can
         * put together what was never together: a worker calls and returns a few times while it goes
         * on. Of a loop made for that, two passes let 3 wrong stacks of 1000 through, three 1 of
         * 20000, four none. */
        PASSES = 6,

        /* How often to begin anew when no frame is left: the worker may be in the middle of a call and not
         * scheduled. */
        TRIES = 4,
        RETRY_USEC = 1000,

        READS_MAX = 8000, /* at 0.5 us or so */
        NAME_BYTES = sizeof((PhpTraceFrame){}.function),
        PATH_BYTES = sizeof((PhpTraceFrame){}.file),
        CLASS_BYTES = NAME_BYTES - 40, /* leaves room for the method */
};

/* The code that made a call. */
typedef struct Place {
        char file[PATH_BYTES];
        uint32_t line;
        zend_op op;
} Place;

/* --- functions and places --- */

static int function_read(RemoteMemory *memory, RemoteAddress address, zend_function *ret) {
        int r;

        r = remote_memory_get(memory, address, ret, sizeof(ret->common));
        if (r < 0)
                return r;

        if (ret->type == ZEND_INTERNAL_FUNCTION)
                return 0;
        if (ret->type != ZEND_USER_FUNCTION && ret->type != ZEND_EVAL_CODE)
                return -EBADMSG;

        return remote_memory_get(memory, address, &ret->op_array, sizeof(ret->op_array));
}

static int class_name_read(
                RemoteMemory *memory, const zend_class_entry *scope, char *to, size_t size) {
        const zend_string *name;
        int r;

        r = remote_memory_get(memory, (RemoteAddress) scope + offsetof(zend_class_entry, name),
                        &name, sizeof(name));
        if (r < 0)
                return r;

        return php_string_name(memory, name, to, size);
}

/* "Class::function" */
static int function_name(
                RemoteMemory *memory, const zend_function *function, char to[static NAME_BYTES]) {
        char class_name[4 * PHP_STRING_NAME_MAX];
        size_t n = 0;
        int r;

        if (function->common.scope) {
                r = class_name_read(memory, function->common.scope, class_name, sizeof(class_name));
                if (r < 0)
                        return r;

                n = php_string_copy_end(to, CLASS_BYTES, class_name);
                n += (size_t) (stpcpy(to + n, "::") - (to + n));
        }

        return php_string_name(memory, function->common.function_name, to + n, NAME_BYTES - n);
}

static bool has_op(const zend_op_array *code, RemoteAddress op) {
        RemoteAddress first = (RemoteAddress) code->opcodes;

        return op >= first && op < first + (RemoteAddress) code->last * sizeof(zend_op) &&
               (op - first) % sizeof(zend_op) == 0;
}

/* While an exception is on its way the frame stands at an op that PHP keeps for that. */
static RemoteAddress before_exception(RemoteMemory *memory, RemoteAddress op) {
        RemoteAddress first = (RemoteAddress) EG(exception_op);

        if (op < first || op >= first + sizeof(EG(exception_op)))
                return op;

        return remote_memory_copy(memory, (RemoteAddress) &EG(opline_before_exception), &op,
                               sizeof(op)) < 0
                               ? 0
                               : op;
}

/* Where code stands. A frame keeps its op in a register and saves it when it calls. One that is
 * new, or that the JIT has compiled, may have saved none: what is there is a former frame's, or
 * NULL. */
static int place_read(
                RemoteMemory *memory, const PhpCall *call, const zend_op_array *code, Place *ret) {
        RemoteAddress op = before_exception(memory, call->opline);
        int r;

        ret->op = (zend_op){ .lineno = code->line_start };
        if (has_op(code, op)) {
                r = remote_memory_get(memory, op, &ret->op, sizeof(ret->op));
                if (r < 0)
                        return r;
        }

        ret->line = ret->op.lineno;
        return php_string_path(memory, code->filename, ret->file, sizeof(ret->file));
}

/* As php-fpm shows all of them. */
#define INCLUDED "[INCLUDE_OR_EVAL]"

static const char *include_name(const zend_op *op) {
        if (op->opcode != ZEND_INCLUDE_OR_EVAL)
                return INCLUDED;

        switch (op->extended_value) {
        case ZEND_EVAL:
                return "eval";
        case ZEND_INCLUDE:
                return "include";
        case ZEND_INCLUDE_ONCE:
                return "include_once";
        case ZEND_REQUIRE:
                return "require";
        case ZEND_REQUIRE_ONCE:
                return "require_once";
        default:
                return INCLUDED;
        }
}

/* --- the trace --- */

typedef struct StackJob {
        RemoteMemory *memory;
        PhpTrace *trace;
        unsigned max_depth;
        unsigned n_placed; /* frames whose caller was found */
        bool has_place;
} StackJob;

static bool is_main(const PhpCall *call, const zend_function *function) {
        return call->prev == 0 && !function->common.function_name;
}

/* An included file gets its name when the op is known that includes it. */
static int frame_read(RemoteMemory *memory, const PhpCall *call, const zend_function *function,
                PhpTraceFrame *ret) {
        ret->address = call->address;
        strcpy(ret->function, INCLUDED);
        strcpy(ret->file, "unknown");
        ret->line = 0;

        if (function->common.function_name)
                return function_name(memory, function, ret->function);

        if (is_main(call, function))
                strcpy(ret->function, "{main}");
        else if (function->type == ZEND_EVAL_CODE)
                strcpy(ret->function, "eval");
        return 0;
}

static void frame_called_from(PhpTraceFrame *frame, const Place *place) {
        memcpy(frame->file, place->file, sizeof(frame->file));
        frame->line = place->line;
        if (strcmp(frame->function, INCLUDED) == 0)
                strcpy(frame->function, include_name(&place->op));
}

static bool is_code(const zend_function *function) {
        return function->type != ZEND_INTERNAL_FUNCTION;
}

/* Code stands at place: the call that was made there gets it. */
static void stack_job_place(StackJob *stack_job, const Place *place) {
        PhpTrace *trace = stack_job->trace;

        if (!stack_job->has_place) {
                memcpy(trace->file, place->file, sizeof(trace->file));
                trace->line = place->line;
                stack_job->has_place = true;
        }

        while (stack_job->n_placed < trace->n)
                frame_called_from(&trace->frames[stack_job->n_placed++], place);
}

#if PHP_VERSION_ID >= 80400
/* The function of PHP that this op calls without a frame on the stack; NULL: none. The table is the same in all that
 * were forked from one zygote. */
static const zend_function *frameless_function(const zend_op *op) {
        if (!ZEND_OP_IS_FRAMELESS_ICALL(op->opcode))
                return NULL;

        for (uint32_t i = 0; zend_flf_functions[i]; i++)
                if (i == op->extended_value)
                        return zend_flf_functions[i];

        return NULL;
}

/* Code that stands at such a call gets the frame that PHP's own backtraces have for it. Of the innermost the call may
 * have returned already. */
static void stack_job_add_frameless(StackJob *stack_job, const PhpCall *call, const Place *place) {
        PhpTrace *trace = stack_job->trace;
        const zend_function *function = frameless_function(&place->op);
        PhpTraceFrame *frame;

        if (!function || trace->n == stack_job->max_depth)
                return;

        frame = &trace->frames[trace->n++];
        *frame = (PhpTraceFrame){ .address = call->address };
        (void) escape_string(frame->function, sizeof(frame->function),
                        ZSTR_VAL(function->common.function_name));
}
#endif

static int stack_job_add(StackJob *stack_job, const PhpCall *call) {
        PhpTrace *trace = stack_job->trace;
        zend_function function;
        Place place;
        int r;

        if (call->func == 0)
                return 0; /* PHP's own: for a call out of C, or a generator */

        r = function_read(stack_job->memory, call->func, &function);
        if (r < 0)
                return r;

        if (is_code(&function)) {
                r = place_read(stack_job->memory, call, &function.op_array, &place);
                if (r < 0)
                        return r;
#if PHP_VERSION_ID >= 80400
                stack_job_add_frameless(stack_job, call, &place);
#endif
                stack_job_place(stack_job, &place);
        } else if (!function.common.function_name)
                return 0; /* the ground of a fiber's stack */

        if (trace->n == stack_job->max_depth)
                return 0; /* only its place was wanted */

        r = frame_read(stack_job->memory, call, &function, &trace->frames[trace->n]);
        if (r < 0)
                return r;

        trace->n++;
        if (is_code(&function) && is_main(call, &function))
                stack_job_place(stack_job, &place);
        return 0;
}

static void stack_job_run(StackJob *stack_job, const PhpChain *chain) {
        PhpTrace *trace = stack_job->trace;

        strcpy(trace->file, "unknown");
        trace->line = 0;
        trace->n = 0;
        trace->truncated = !chain->complete;

        for (unsigned i = 0; i < chain->n; i++) {
                bool full = trace->n == stack_job->max_depth && stack_job->n_placed == trace->n;

                if (full || stack_job_add(stack_job, &chain->calls[i]) < 0) {
                        trace->truncated = true;
                        return;
                }
        }
}

/* A call that has returned while its names were read may have shown memory of something else. */
static void trace_keep_living(PhpTrace *trace, const PhpChain *chain) {
        unsigned gone = 0, n = 0;

        while (gone < trace->n && !php_chain_has(chain, trace->frames[gone].address))
                gone++;
        while (gone + n < trace->n && php_chain_has(chain, trace->frames[gone + n].address))
                n++;

        if (gone > 0) {
                memcpy(trace->file, trace->frames[gone - 1].file, sizeof(trace->file));
                trace->line = trace->frames[gone - 1].line;
                memmove(trace->frames, trace->frames + gone, n * sizeof(PhpTraceFrame));
        }
        trace->moved = chain->moved;
        trace->truncated = trace->truncated || gone + n < trace->n;
        trace->n = n;
}

static int trace_try(PhpTrace *trace, RemoteMemory *memory, unsigned max_depth) {
        StackJob stack_job = { .memory = memory, .trace = trace, .max_depth = max_depth };
        PhpChain chain;
        int r;

        r = php_chain_read(&chain, memory);
        for (unsigned i = 1; r >= 0 && i < PASSES; i++)
                r = php_chain_read_again(&chain, memory);
        if (r < 0)
                return r;

        stack_job_run(&stack_job, &chain);

        r = php_chain_read_again(&chain, memory);
        if (r < 0)
                return r;

        trace_keep_living(trace, &chain);
        return trace->n > 0 ? 0 : -EAGAIN;
}

int php_trace_read(int mem_fd, unsigned max_depth, PhpTrace *ret) {
        RemoteMemory memory = { .fd = mem_fd, .n_reads_left = READS_MAX };
        int r;

        max_depth = MIN(MAX(max_depth, 1), PHP_TRACE_DEPTH_MAX);
        r = trace_try(ret, &memory, max_depth);
        for (unsigned i = 1; r == -EAGAIN && i < TRIES; i++) {
                (void) usleep(RETRY_USEC);
                r = trace_try(ret, &memory, max_depth);
        }

        return r;
}
