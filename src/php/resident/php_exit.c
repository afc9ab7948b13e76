/* SPDX-License-Identifier: MIT */
#include "php/resident/php_exit.h"

#include <php.h>

#include "base/cleanup.h"
#include "php/hooks/php_hooks.h"

static struct {
        const zend_execute_data *call; /* NULL: no request runs */
        bool was_seen;                 /* the exit that is on its way out */
        bool is_clean;
} state;

/* --- what is passed over --- */

/* Of an exception that says no more than that something went wrong. */
static bool is_of_all(const zend_string *name) {
        static const char *const names[] = { "throwable", "exception", "error" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (zend_string_equals_cstr(name, names[i], strlen(names[i])))
                        return true;

        return false;
}

static bool catches_all(const zend_op_array *code, uint32_t catch_op) {
        const zend_op *op = code->opcodes + catch_op;

        /* Behind the name is the name in small letters. */
        while (op->opcode == ZEND_CATCH && !is_of_all(Z_STR_P(RT_CONSTANT(op, op->op1) + 1))) {
                if (op->extended_value & ZEND_LAST_CATCH)
                        return false;
                op = OP_JMP_ADDR(op, op->op2);
        }

        return true;
}

static bool passes_over(const zend_execute_data *frame) {
        const zend_op_array *code = &frame->func->op_array;
        uint32_t at = (uint32_t) (frame->opline - code->opcodes);

        for (int i = 0; i < code->last_try_catch; i++) {
                const zend_try_catch_element *block = &code->try_catch_array[i];

                if (at < block->try_op)
                        continue;
                if (at < block->finally_op)
                        return true;
                if (at < block->catch_op && catches_all(code, block->catch_op))
                        return true;
        }

        return false;
}

/* Where the call is not among those that the exit leaves, its way is not known. */
static bool leaves_nothing(const zend_execute_data *frame) {
        for (; frame && frame != state.call; frame = frame->prev_execute_data)
                if (frame->func && ZEND_USER_CODE(frame->func->type) && passes_over(frame))
                        return false;

        return frame != NULL;
}

static void look(const zend_execute_data *frame) {
        if (!state.call)
                return;

        state.was_seen = true;
        if (!leaves_nothing(frame))
                state.is_clean = false;
}

/* --- where exit() is called --- */

#if PHP_VERSION_ID < 80400
static user_opcode_handler_t others;

static int on_exit_opcode(zend_execute_data *execute_data) {
        look(execute_data);
        return others ? others(execute_data) : ZEND_USER_OPCODE_DISPATCH;
}

/* Of the few opcodes that the JIT leaves to whoever wants them. */
void php_exit_watch(void) {
        others = zend_get_user_opcode_handler(ZEND_EXIT);
        (void) zend_set_user_opcode_handler(ZEND_EXIT, on_exit_opcode);
}

void php_exit_init(void) {
}
#else
static zif_handler original;

static ZEND_NAMED_FUNCTION(on_exit_function) {
        look(execute_data->prev_execute_data);
        original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

void php_exit_watch(void) {
}

void php_exit_init(void) {
        (void) php_hooks_replace("exit", on_exit_function, &original);
}
#endif

/* --- one request --- */

void php_exit_begin(const zend_execute_data *call) {
        state.call = call;
        state.is_clean = true;
        state.was_seen = false;
}

void php_exit_note_taken(void) {
        if (!state.was_seen)
                state.is_clean = false;
        state.was_seen = false;
}

bool php_exit_is_clean(void) {
        return state.is_clean;
}
