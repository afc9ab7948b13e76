/* SPDX-License-Identifier: MIT */
#include "php/resident/php_baseline_handlers.h"

#include <php.h>

/* set_error_handler() or set_exception_handler(): the handler, and those that restore_…_handler() goes back to. */
typedef struct Handlers {
        zval current;
        int reporting;
        zval *stack;
        int *stack_reporting; /* of error handlers */
        int n;
} Handlers;

static struct { Handlers errors, exceptions; } kept;

static int count(const zend_stack *stack) {
        return zend_stack_count(stack);
}

static void keep(Handlers *to, const zval *current, int reporting, zend_stack *stack,
                zend_stack *stack_reporting) {
        to->n = count(stack);
        to->reporting = reporting;
        to->stack = safe_emalloc(to->n + 1, sizeof(zval), 0);
        to->stack_reporting = safe_emalloc(to->n + 1, sizeof(int), 0);
        ZVAL_COPY(&to->current, current);
        for (int i = 0; i < to->n; i++) {
                ZVAL_COPY(&to->stack[i], (zval *) zend_stack_base(stack) + i);
                to->stack_reporting[i] =
                                stack_reporting ? ((int *) zend_stack_base(stack_reporting))[i] : 0;
        }
}

static bool is_same(const zval *a, const zval *b) {
        return Z_TYPE_P(a) == Z_TYPE_P(b) &&
               (!Z_REFCOUNTED_P(a) || Z_COUNTED_P(a) == Z_COUNTED_P(b));
}

static bool has_changed(
                const Handlers *from, const zval *current, int reporting, zend_stack *stack) {
        if (count(stack) != from->n || !is_same(current, &from->current) ||
                        reporting != from->reporting)
                return true;

        for (int i = 0; i < from->n; i++)
                if (!is_same((zval *) zend_stack_base(stack) + i, &from->stack[i]))
                        return true;

        return false;
}

static void put_back(const Handlers *from, zval *current, zend_stack *stack,
                zend_stack *stack_reporting) {
        zval old;

        while (!zend_stack_is_empty(stack)) {
                ZVAL_COPY_VALUE(&old, (zval *) zend_stack_top(stack));
                zend_stack_del_top(stack);
                zval_ptr_dtor(&old);
        }
        while (stack_reporting && !zend_stack_is_empty(stack_reporting))
                zend_stack_del_top(stack_reporting);

        for (int i = 0; i < from->n; i++) {
                Z_TRY_ADDREF(from->stack[i]);
                (void) zend_stack_push(stack, &from->stack[i]);
                if (stack_reporting)
                        (void) zend_stack_push(stack_reporting, &from->stack_reporting[i]);
        }
        ZVAL_COPY_VALUE(&old, current);
        ZVAL_COPY(current, &from->current);
        zval_ptr_dtor(&old);
}

void php_baseline_handlers_seal(void) {
        keep(&kept.errors, &EG(user_error_handler), EG(user_error_handler_error_reporting),
                        &EG(user_error_handlers), &EG(user_error_handlers_error_reporting));
        keep(&kept.exceptions, &EG(user_exception_handler), 0, &EG(user_exception_handlers), NULL);
}

void php_baseline_handlers_restore(void) {
        if (has_changed(&kept.errors, &EG(user_error_handler),
                            EG(user_error_handler_error_reporting), &EG(user_error_handlers))) {
                put_back(&kept.errors, &EG(user_error_handler), &EG(user_error_handlers),
                                &EG(user_error_handlers_error_reporting));
                EG(user_error_handler_error_reporting) = kept.errors.reporting;
        }
        if (has_changed(&kept.exceptions, &EG(user_exception_handler), 0,
                            &EG(user_exception_handlers)))
                put_back(&kept.exceptions, &EG(user_exception_handler),
                                &EG(user_exception_handlers), NULL);
}

static void drop(Handlers *handlers) {
        if (!handlers->stack)
                return;

        for (int i = 0; i < handlers->n; i++)
                zval_ptr_dtor(&handlers->stack[i]);
        zval_ptr_dtor(&handlers->current);
        efree(handlers->stack);
        efree(handlers->stack_reporting);
        *handlers = (Handlers){};
}

void php_baseline_handlers_unseal(void) {
        drop(&kept.errors);
        drop(&kept.exceptions);
}
