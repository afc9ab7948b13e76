/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpCode: what compiled code can do, read from its instructions without running it. What is not known to be harmless
 * is not: an instruction that a later PHP adds makes the answer no.
 *
 * Runs in: worker. */

#include <php.h>

/* Returns whether the main body of a script does nothing but declare classes, always the same ones. */
bool php_code_only_declares(const zend_op_array *script);

/* Returns whether what an autoload function does depends on nothing but its argument, the values that it was created
 * with, and which files there are: it includes one, or does nothing. */
bool php_code_is_plain_loader(const zend_op_array *function);

/* Returns whether such a function asks which files there are. The answer depends on the current directory, unless it
 * asks for absolute paths. */
bool php_code_looks_for_files(const zend_op_array *function);

enum {
        PHP_CODE_SERVER = 1 << 0,
        PHP_CODE_ENV = 1 << 1,
        PHP_CODE_REQUEST = 1 << 2,
};

/* Returns which of $_SERVER, $_ENV and $_REQUEST, which PHP fills when code that names them is loaded, the class names
 * in its own methods. */
unsigned php_code_names_of_class(const zend_class_entry *class);

/* Has PHP fill these. */
void php_code_fill_names(unsigned names);
