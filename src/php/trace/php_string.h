/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpString: names and paths out of the memory of another process's PHP, for people: escaped, and shortened to what there
 * is room for.
 *
 * Runs in: zygote.     Trusts: nobody, see php_trace.h. */

#include <php.h>
#include <stddef.h>

#include "php/trace/remote_memory.h"

enum {
        PHP_STRING_NAME_MAX = 512, /* of longer names only that much is looked at */
};

/* The start of the name of a class or function, of a closure the end. 0, -EBADMSG: this is no string, or negative errno. */
int php_string_name(RemoteMemory *memory, const zend_string *string, char *to, size_t size);

/* A path; of a long one the end is kept, behind "…". The same. */
int php_string_path(RemoteMemory *memory, const zend_string *string, char *to, size_t size);

/* All of text, or its end. Returns the length. */
size_t php_string_copy_end(char *to, size_t size, const char *text);
