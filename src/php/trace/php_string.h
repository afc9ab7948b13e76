/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpString: names and paths out of the memory of another process's PHP, for people: escaped, and shortened to what
 * there is room for.
 *
 * Runs in: zygote.     Trusts: nobody, see php_trace.h. */

#include <php.h>
#include <stddef.h>

#include "php/trace/remote_memory.h"

enum {
        PHP_STRING_NAME_MAX = 512, /* only that much of longer names is read */
};

/* Copies the start of the name of a class or function, or the end of that of a closure. Returns 0, -EBADMSG when it is
 * no string, or another negative errno. */
int php_string_name(RemoteMemory *memory, const zend_string *string, char *to, size_t size);

/* Copies a path, or the end of a long one behind "…". Returns as above. */
int php_string_path(RemoteMemory *memory, const zend_string *string, char *to, size_t size);

/* Copies text, or its end if it does not fit. Returns the length. */
size_t php_string_copy_end(char *to, size_t size, const char *text);
