/* SPDX-License-Identifier: MIT */
#include "pool/php_trace.h"

#include <errno.h>
#include <php.h>
#include <string.h>
#include <unistd.h>
#include <zend_generators.h>

#include "shared/cleanup.h"
#include "shared/escape.h"

#ifdef ZTS
#error "With threads PHP's globals stand at another address in each: build against a PHP without ZTS"
#endif

enum {
        /* A stack counts as one when it was seen this often. Less lets through what was put
         * together of two moments: a worker calls and returns a few times while one pass reads. */
#ifndef PASSES
#define PASSES 16
#endif


        CALLS_MAX = 1024,    /* of the chain, also when it is a circle */
        DELEGATES_MAX = 64,  /* generators that wait in "yield from" */
        READS_MAX = 20000,   /* of one trace: what a lying chain can cost at most */
        WINDOW_BYTES = 4096, /* frames stand close together, one read gets many at one moment */
        NAME_BYTES = 128,
        PATH_BYTES = 192,
        STRING_MAX = 1 << 16,
};

/* An address in the worker. Not a pointer, so that nobody follows it here. */
typedef uint64_t Address;

typedef struct Memory {
        int fd;
        unsigned n_reads;
        Address start; /* of the window */
        size_t size;
        char window[WINDOW_BYTES];
} Memory;

/* What matters of a zend_execute_data. */
typedef struct Call {
        Address address;
        Address func;
        Address prev;
        Address opline;
        Address object;
        bool has_object;
        bool is_top; /* called by PHP itself, there may be nothing outside */
} Call;

typedef struct Chain {
        unsigned n;
        bool complete; /* goes to the outermost call */
        bool moved;
        Call calls[CALLS_MAX]; /* innermost first */
} Chain;

/* The code that made a call. */
typedef struct Place {
        char file[PATH_BYTES];
        uint32_t line;
        zend_op op;
} Place;

/* --- memory of the worker --- */

static bool is_address(Address address) {
        return address >= 4096 && address < UINT64_C(1) << 56 && address % sizeof(void *) == 0;
}

static int memory_copy(Memory *memory, Address address, void *to, size_t size) {
        ssize_t n;

        if (memory->n_reads++ >= READS_MAX)
                return -ELOOP;

        n = pread(memory->fd, to, size, (off_t) address);
        if (n < 0)
                return errno == EIO ? -EFAULT : -errno;
        if (n == 0)
                return -ESRCH; /* /proc/PID/mem outlives the process as an empty file */

        return (size_t) n == size ? 0 : -EFAULT;
}

/* A struct, which is aligned or a lie. */
static int memory_get(Memory *memory, Address address, void *to, size_t size) {
        return is_address(address) ? memory_copy(memory, address, to, size) : -EFAULT;
}

/* The same through a window that ends behind the struct, because callers stand below. */
static int memory_peek(Memory *memory, Address address, void *to, size_t size) {
        int r;

        if (!is_address(address))
                return -EFAULT;

        if (address < memory->start || address + size > memory->start + memory->size) {
                memory->start = address + size - WINDOW_BYTES;
                memory->size = WINDOW_BYTES;
                r = memory_copy(memory, memory->start, memory->window, memory->size);
                if (r < 0) {
                        memory->size = 0;
                        return memory_copy(memory, address, to, size);
                }
        }

        memcpy(to, memory->window + (address - memory->start), size);
        return 0;
}

/* --- the chain of calls --- */

static int call_read(Memory *memory, Address address, Call *ret) {
        zend_execute_data ex;
        int r;

        r = memory_peek(memory, address, &ex, sizeof(ex));
        if (r < 0)
                return r;

        *ret = (Call){
                        .address = address,
                        .func = (Address) ex.func,
                        .prev = (Address) ex.prev_execute_data,
                        .opline = (Address) ex.opline,
                        .object = (Address) Z_OBJ(ex.This),
                        .has_object = Z_TYPE(ex.This) == IS_OBJECT,
                        .is_top = ZEND_CALL_INFO(&ex) & ZEND_CALL_TOP,
        };
        return 0;
}

static void chain_add(Chain *chain, const Call *call) {
        if (chain->n < CALLS_MAX)
                chain->calls[chain->n++] = *call;
}

/* A generator that runs for another's "yield from" was called by a frame without a function, in
 * place of those that wait for it: PHP puts these into the chain only when it makes a backtrace
 * itself (zend_generator_check_placeholder_frame). From the waiting one they lead inwards. */
static void chain_add_delegates(Chain *chain, Memory *memory, const Call *placeholder) {
        Address generator = placeholder->object, waiting[DELEGATES_MAX];
        zend_generator g;
        unsigned n = 0;
        Call call;

        while (n < DELEGATES_MAX && memory_get(memory, generator, &g, sizeof(g)) >= 0) {
                if (g.std.ce != zend_ce_generator || !g.node.parent)
                        break;
                waiting[n++] = (Address) g.execute_data;
                generator = (Address) g.node.parent;
        }

        for (; n > 0; n--) {
                if (call_read(memory, waiting[n - 1], &call) < 0)
                        return;
                call.prev = n > 1 ? waiting[n - 2] : placeholder->prev;
                chain_add(chain, &call);
        }
}

static bool is_placeholder(const Call *call) {
        return call->func == 0 && call->has_object;
}

/* A call that is being prepared, in the place of one that has returned, ends the chain as well. */
static bool is_outermost(const Call *call) {
        return call->prev == 0 && (call->is_top || call->func == 0);
}

/* One pass over the chain, as it stands. -EAGAIN if it leads nowhere. */
static int chain_follow(Chain *chain, Memory *memory, Address address) {
        Call call;
        int r;

        chain->n = 0;
        while (chain->n < CALLS_MAX) {
                r = call_read(memory, address, &call);
                if (r < 0)
                        return r == -EFAULT ? -EAGAIN : r;

                if (is_placeholder(&call))
                        chain_add_delegates(chain, memory, &call);
                else
                        chain_add(chain, &call);

                chain->complete = is_outermost(&call);
                if (chain->complete)
                        return 0;
                address = call.prev;
        }

        return 0;
}

static int chain_read(Chain *chain, Memory *memory) {
        Address top;
        int r;

        do {
                r = memory_copy(memory, (Address) &EG(current_execute_data), &top, sizeof(top));
                if (r < 0)
                        return r;
                if (top == 0)
                        return -ENODATA;

                memory->size = 0;
                r = chain_follow(chain, memory, top);
        } while (r == -EAGAIN && memory->n_reads < READS_MAX);

        chain->moved = false;
        return r;
}

static bool same_call(const Call *a, const Call *b) {
        return a->address == b->address && a->func == b->func && a->prev == b->prev;
}

/* Where the calls that both have begin. Outer calls live longer than inner ones, so whole chains are
 * compared from their outer end. */
static void find_common(const Chain *a, const Chain *b, unsigned *ret_i, unsigned *ret_j) {
        unsigned n = 0;

        if (a->complete && b->complete) {
                while (n < a->n && n < b->n &&
                                same_call(&a->calls[a->n - n - 1], &b->calls[b->n - n - 1]))
                        n++;
                *ret_i = a->n - n;
                *ret_j = b->n - n;
                return;
        }

        for (unsigned i = 0; i < a->n; i++)
                for (unsigned j = 0; j < b->n; j++)
                        if (same_call(&a->calls[i], &b->calls[j])) {
                                *ret_i = i;
                                *ret_j = j;
                                return;
                        }

        *ret_i = a->n;
        *ret_j = b->n;
}

/* Leaves in chain what is in later, too, as it is there. */
static void chain_keep_common(Chain *chain, const Chain *later) {
        unsigned i, j, n = 0;

        find_common(chain, later, &i, &j);
        while (i + n < chain->n && j + n < later->n &&
                        same_call(&chain->calls[i + n], &later->calls[j + n]))
                n++;

        chain->complete = chain->complete && later->complete;
        chain->moved = chain->moved || i > 0 || j > 0;
        memcpy(chain->calls, later->calls + j, n * sizeof(Call));
        chain->n = n;
}

static int chain_read_again(Chain *chain, Memory *memory) {
        Chain later;
        int r;

        r = chain_read(&later, memory);
        if (r < 0)
                return r;

        chain_keep_common(chain, &later);
        return chain->n > 0 ? 0 : -EAGAIN;
}

/* --- texts --- */

/* The length of what may be a zend_string. */
static int string_length(Memory *memory, const zend_string *string, size_t *ret) {
        zend_string head;
        int r;

        r = memory_get(memory, (Address) string, &head, sizeof(head));
        if (r < 0)
                return r;
        if ((GC_TYPE_INFO(&head) & GC_TYPE_MASK) != IS_STRING || ZSTR_LEN(&head) > STRING_MAX)
                return -EBADMSG;

        *ret = ZSTR_LEN(&head);
        return 0;
}

/* The n bytes from offset and the one behind them, which is a NUL at the end of each zend_string.
 */
static int string_bytes(
                Memory *memory, const zend_string *string, size_t offset, char *to, size_t n) {
        return memory_copy(
                        memory, (Address) string + offsetof(zend_string, val) + offset, to, n + 1);
}

static bool is_continuation(char c) {
        return ((unsigned char) c & 0xc0) == 0x80;
}

/* The name of a function or class, cut behind size. The name of an anonymous class ends for people
 * at its NUL, behind which stands its path. Returns the length. */
static int name_read(Memory *memory, const zend_string *string, char *to, size_t size) {
        char raw[NAME_BYTES];
        size_t length, n;
        int r;

        r = string_length(memory, string, &length);
        if (r < 0)
                return r;

        n = MIN(length, sizeof(raw) - 1);
        r = string_bytes(memory, string, 0, raw, n);
        if (r < 0)
                return r;
        if (n == length && raw[n] != '\0')
                return -EBADMSG;

        raw[n] = '\0';
        return (int) escape_string(to, size, raw);
}

static int path_read(Memory *memory, const zend_string *string, char to[static PATH_BYTES]) {
        static const char ellipsis[] = "…";
        char raw[PATH_BYTES], text[4 * PATH_BYTES];
        const char *start = raw, *end = text;
        size_t length, n;
        int r;

        r = string_length(memory, string, &length);
        if (r < 0)
                return r;

        n = MIN(length, sizeof(raw) - 1);
        r = string_bytes(memory, string, length - n, raw, n);
        if (r < 0)
                return r;
        if (raw[n] != '\0')
                return -EBADMSG;

        while (n < length && is_continuation(*start))
                start++;
        n = escape_string(text, sizeof(text), start);
        if (n < PATH_BYTES && length < sizeof(raw)) {
                memcpy(to, text, n + 1);
                return 0;
        }

        if (n > PATH_BYTES - sizeof(ellipsis))
                end += n - (PATH_BYTES - sizeof(ellipsis));
        while (is_continuation(*end))
                end++;
        memcpy(to, ellipsis, sizeof(ellipsis) - 1);
        memcpy(to + sizeof(ellipsis) - 1, end, strlen(end) + 1);
        return 0;
}

/* --- functions and places --- */

static int function_read(Memory *memory, Address address, zend_function *ret) {
        int r;

        r = memory_get(memory, address, ret, sizeof(ret->common));
        if (r < 0)
                return r;

        if (ret->type == ZEND_INTERNAL_FUNCTION)
                return 0;
        if (ret->type != ZEND_USER_FUNCTION && ret->type != ZEND_EVAL_CODE)
                return -EBADMSG;

        return memory_get(memory, address, &ret->op_array, sizeof(ret->op_array));
}

/* "Class::function" */
static int function_name(
                Memory *memory, const zend_function *function, char to[static NAME_BYTES]) {
        const zend_string *class_name;
        int r, n = 0;

        if (function->common.scope) {
                r = memory_get(memory,
                                (Address) function->common.scope + offsetof(zend_class_entry, name),
                                &class_name, sizeof(class_name));
                if (r < 0)
                        return r;

                n = name_read(memory, class_name, to, NAME_BYTES - 2);
                if (n < 0)
                        return n;

                memcpy(to + n, "::", 3);
                n += 2;
        }

        return name_read(memory, function->common.function_name, to + n, NAME_BYTES - (size_t) n);
}

static bool has_op(const zend_op_array *code, Address op) {
        Address first = (Address) code->opcodes;

        return op >= first && op < first + (Address) code->last * sizeof(zend_op) &&
               (op - first) % sizeof(zend_op) == 0;
}

/* While an exception is on its way the frame stands at an op that PHP keeps for that. */
static Address before_exception(Memory *memory, Address op) {
        Address first = (Address) EG(exception_op);

        if (op < first || op >= first + sizeof(EG(exception_op)))
                return op;

        return memory_copy(memory, (Address) &EG(opline_before_exception), &op, sizeof(op)) < 0
                               ? 0
                               : op;
}

/* Where code stands. A frame keeps its op in a register and saves it when it calls. One that is
 * new, or that the JIT has compiled, may have saved none: what is there is a former frame's, or
 * NULL. */
static int place_read(Memory *memory, const Call *call, const zend_op_array *code, Place *ret) {
        Address op = before_exception(memory, call->opline);
        int r;

        ret->op = (zend_op){.lineno = code->line_start};
        if (has_op(code, op)) {
                r = memory_get(memory, op, &ret->op, sizeof(ret->op));
                if (r < 0)
                        return r;
        }

        ret->line = ret->op.lineno;
        return path_read(memory, code->filename, ret->file);
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

typedef struct Tracer {
        Memory *memory;
        PhpTrace *trace;
        unsigned max_depth;
        unsigned n_placed; /* frames whose caller was found */
        bool has_place;
} Tracer;

static bool is_main(const Call *call, const zend_function *function) {
        return call->prev == 0 && !function->common.function_name;
}

/* An included file gets its name when the op is known that includes it. */
static int frame_read(Memory *memory, const Call *call, const zend_function *function,
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

/* Code stands at place: what was called there gets it. */
static void tracer_place(Tracer *tracer, const Place *place) {
        PhpTrace *trace = tracer->trace;

        if (!tracer->has_place) {
                memcpy(trace->file, place->file, sizeof(trace->file));
                trace->line = place->line;
                tracer->has_place = true;
        }

        while (tracer->n_placed < trace->n)
                frame_called_from(&trace->frames[tracer->n_placed++], place);
}

static int tracer_add(Tracer *tracer, const Call *call) {
        PhpTrace *trace = tracer->trace;
        zend_function function;
        Place place;
        int r;

        if (call->func == 0)
                return 0; /* PHP's own: for a call out of C, or a generator */

        r = function_read(tracer->memory, call->func, &function);
        if (r < 0)
                return r;

        if (is_code(&function)) {
                r = place_read(tracer->memory, call, &function.op_array, &place);
                if (r < 0)
                        return r;
                tracer_place(tracer, &place);
        } else if (!function.common.function_name)
                return 0; /* the ground of a fiber's stack */

        if (trace->n == tracer->max_depth)
                return 0; /* only its place was wanted */

        r = frame_read(tracer->memory, call, &function, &trace->frames[trace->n]);
        if (r < 0)
                return r;

        trace->n++;
        if (is_code(&function) && is_main(call, &function))
                tracer_place(tracer, &place);
        return 0;
}

static void tracer_run(Tracer *tracer, const Chain *chain) {
        PhpTrace *trace = tracer->trace;

        strcpy(trace->file, "unknown");
        trace->line = 0;
        trace->n = 0;
        trace->truncated = !chain->complete;

        for (unsigned i = 0; i < chain->n; i++) {
                bool full = trace->n == tracer->max_depth && tracer->n_placed == trace->n;

                if (full || tracer_add(tracer, &chain->calls[i]) < 0) {
                        trace->truncated = true;
                        return;
                }
        }
}

static bool chain_has(const Chain *chain, Address address) {
        for (unsigned i = 0; i < chain->n; i++)
                if (chain->calls[i].address == address)
                        return true;

        return false;
}

/* What has returned while its names were read may have shown anybody's memory. */
static void trace_keep_living(PhpTrace *trace, const Chain *chain) {
        unsigned gone = 0, n = 0;

        while (gone < trace->n && !chain_has(chain, trace->frames[gone].address))
                gone++;
        while (gone + n < trace->n && chain_has(chain, trace->frames[gone + n].address))
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

int php_trace_read(int mem_fd, unsigned max_depth, PhpTrace *ret) {
        Memory memory = {.fd = mem_fd};
        Tracer tracer = {
                        .memory = &memory,
                        .trace = ret,
                        .max_depth = MIN(MAX(max_depth, 1), PHP_TRACE_DEPTH_MAX),
        };
        Chain chain;
        int r;

        r = chain_read(&chain, &memory);
        for (unsigned i = 1; r >= 0 && i < PASSES; i++)
                r = chain_read_again(&chain, &memory);
        if (r < 0)
                return r;

        tracer_run(&tracer, &chain);

        r = chain_read_again(&chain, &memory);
        if (r < 0)
                return r;

        trace_keep_living(ret, &chain);
        return ret->n > 0 ? 0 : -EAGAIN;
}
