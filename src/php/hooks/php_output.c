/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_output.h"

#include <php.h>
#include <php_output.h>
#include <stdbool.h>

/* Below this size the copy costs less than these checks. */
enum { LONG_BYTES = 16384 };

/* PHP's own handler, alone, with a size at which it passes on what it has as it is. */
static bool is_passing_on(const php_output_handler *handler) {
        return !(handler->flags & PHP_OUTPUT_HANDLER_USER) && handler->size > 0 &&
               !(handler->flags & PHP_OUTPUT_HANDLER_DISABLED) &&
               zend_string_equals_literal(handler->name, "default output handler") &&
               zend_stack_count(&OG(handlers)) == 1 && !OG(running);
}

/* What PHP does where no output is buffered. */
static void write_by(php_output_handler *handler, const char *text, size_t size) {
        bool failed = false;

        OG(active) = NULL;
        zend_try {
                (void) php_output_write(text, size);
        }
        zend_catch {
                failed = true;
        }
        zend_end_try();
        OG(active) = handler;

        if (failed)
                zend_bailout();
}

static size_t write_long(php_output_handler *handler, const char *text, size_t size) {
        size_t head = handler->size > handler->buffer.used ? handler->size - handler->buffer.used
                                                           : 0;

        if (head >= size)
                return php_output_write(text, size);

        (void) php_output_write(text, head);
        if (OG(active) == handler && handler->buffer.used == 0)
                write_by(handler, text + head, size - head);
        else
                (void) php_output_write(text + head, size - head);
        return size;
}

static size_t write_output(const char *text, size_t size) {
        if (size < LONG_BYTES || !OG(active) || !is_passing_on(OG(active)))
                return php_output_write(text, size);

        return write_long(OG(active), text, size);
}

void php_output_init(void) {
        if (zend_write == php_output_write)
                zend_write = write_output;
}
