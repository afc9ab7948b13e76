/* SPDX-License-Identifier: MIT */
#include "php/trace/php_chain.h"

#include <errno.h>
#include <php.h>
#include <string.h>
#include <zend_generators.h>

#ifdef ZTS
#error "With threads PHP's globals stand at another address in each: build against a PHP without ZTS"
#endif

enum {
        DELEGATES_MAX = 64, /* generators that wait in "yield from" */
        PASSES_MAX = 32,    /* at a chain that leads nowhere */
};

static int call_read(RemoteMemory *memory, RemoteAddress address, PhpCall *ret) {
        zend_execute_data ex;
        int r;

        r = remote_memory_peek(memory, address, &ex, sizeof(ex));
        if (r < 0)
                return r;

        *ret = (PhpCall){
                .address = address,
                .func = (RemoteAddress) ex.func,
                .prev = (RemoteAddress) ex.prev_execute_data,
                .opline = (RemoteAddress) ex.opline,
                .object = (RemoteAddress) Z_OBJ(ex.This),
                .has_object = Z_TYPE(ex.This) == IS_OBJECT,
                .is_generator = ZEND_CALL_INFO(&ex) & ZEND_CALL_GENERATOR,
                .kind = ZEND_CALL_KIND(&ex),
        };
        return 0;
}

static void chain_add(PhpChain *chain, const PhpCall *call) {
        if (chain->n < PHP_CHAIN_MAX)
                chain->calls[chain->n++] = *call;
}

/* A generator that runs for another's "yield from" was called by a frame without a function, in
 * place of those that wait for it: PHP puts these into the chain only when it makes a backtrace
 * itself (zend_generator_check_placeholder_frame). From the waiting one they lead inwards. */
static void chain_add_delegates(PhpChain *chain, RemoteMemory *memory, const PhpCall *placeholder) {
        RemoteAddress generator = placeholder->object, waiting[DELEGATES_MAX];
        zend_generator g;
        unsigned n = 0;
        PhpCall call;

        while (n < DELEGATES_MAX && remote_memory_get(memory, generator, &g, sizeof(g)) >= 0) {
                if (g.std.ce != zend_ce_generator || !g.node.parent)
                        break;
                waiting[n++] = (RemoteAddress) g.execute_data;
                generator = (RemoteAddress) g.node.parent;
        }

        for (; n > 0; n--) {
                if (call_read(memory, waiting[n - 1], &call) < 0)
                        return;
                call.prev = n > 1 ? waiting[n - 2] : placeholder->prev;
                chain_add(chain, &call);
        }
}

static bool is_placeholder(const PhpCall *call) {
        return call->func == 0 && call->has_object;
}

static bool is_shutting_down(RemoteMemory *memory) {
        zend_uchar flags;

        return remote_memory_copy(memory, (RemoteAddress) &EG(flags), &flags, sizeof(flags)) >= 0 &&
               flags & EG_FLAGS_IN_SHUTDOWN;
}

/* A call that is being prepared, in the place of one that has returned, can end a chain as well. So does, for a moment,
 * a generator that is being resumed: it is the innermost call before its caller is noted. Only a generator that PHP
 * destroys at the end really ends the chain. */
static bool is_outermost(RemoteMemory *memory, const PhpCall *call) {
        return call->prev == 0 && call->kind & ZEND_CALL_TOP &&
               (!call->is_generator || is_shutting_down(memory));
}

/* One pass over the chain, as it stands. -EAGAIN if it leads nowhere. */
static int chain_follow(PhpChain *chain, RemoteMemory *memory, RemoteAddress address) {
        PhpCall call;
        int r;

        chain->n = 0;
        for (unsigned i = 0; i < PHP_CHAIN_MAX; i++) {
                r = call_read(memory, address, &call);
                if (r < 0)
                        return r == -EFAULT ? -EAGAIN : r;

                if (is_placeholder(&call))
                        chain_add_delegates(chain, memory, &call);
                else
                        chain_add(chain, &call);

                chain->complete = is_outermost(memory, &call);
                chain->has_script = chain->complete && call.kind & ZEND_CALL_CODE;
                if (chain->complete)
                        return 0;
                address = call.prev;
        }

        return 0;
}

int php_chain_read(PhpChain *chain, RemoteMemory *memory) {
        RemoteAddress top;
        int r = -EAGAIN;

        for (unsigned i = 0; r == -EAGAIN && i < PASSES_MAX; i++) {
                r = remote_memory_copy(memory, (RemoteAddress) &EG(current_execute_data), &top,
                                sizeof(top));
                if (r < 0)
                        return r;
                if (top == 0)
                        return -ENODATA;

                remote_memory_forget(memory);
                r = chain_follow(chain, memory, top);
        }

        chain->moved = false;
        return r;
}

static bool same_call(const PhpCall *a, const PhpCall *b) {
        return a->address == b->address && a->func == b->func && a->prev == b->prev;
}

/* Where the calls that both have begin. Outer calls live longer than inner ones, so whole chains
 * are compared from their outer end. */
static void find_common(const PhpChain *a, const PhpChain *b, unsigned *ret_i, unsigned *ret_j) {
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

/* A call that PHP is preparing itself looks outermost when it stands where one was that has
 * returned: the script knows better. */
static bool chain_take_better(PhpChain *chain, const PhpChain *later) {
        if (!chain->complete || !later->complete || chain->has_script == later->has_script)
                return false;

        if (later->has_script)
                *chain = *later;
        chain->moved = true;
        return true;
}

/* Leaves in chain what is in later, too, as it is there. */
static void chain_keep_common(PhpChain *chain, const PhpChain *later) {
        unsigned i, j, n = 0;

        if (chain_take_better(chain, later))
                return;

        find_common(chain, later, &i, &j);
        while (i + n < chain->n && j + n < later->n &&
                        same_call(&chain->calls[i + n], &later->calls[j + n]))
                n++;

        chain->complete = chain->complete && later->complete;
        chain->moved = chain->moved || i > 0 || j > 0;
        memcpy(chain->calls, later->calls + j, n * sizeof(PhpCall));
        chain->n = n;
}

int php_chain_read_again(PhpChain *chain, RemoteMemory *memory) {
        PhpChain later;
        int r;

        r = php_chain_read(&later, memory);
        if (r < 0)
                return r;

        chain_keep_common(chain, &later);
        return chain->n > 0 ? 0 : -EAGAIN;
}

bool php_chain_has(const PhpChain *chain, RemoteAddress address) {
        for (unsigned i = 0; i < chain->n; i++)
                if (chain->calls[i].address == address)
                        return true;

        return false;
}
