/* SPDX-License-Identifier: MIT */
#include "php/trace/php_string.h"

#include <errno.h>
#include <php.h>
#include <string.h>

#include "base/escape.h"

enum {
        STRING_MAX = 1 << 16,
        PATH_BYTES_MAX = 192,
};

#define ELLIPSIS "…"

/* The length of what may be a zend_string. */
static int string_length(RemoteMemory *memory, const zend_string *string, size_t *ret) {
        zend_string head;
        int r;

        r = remote_memory_get(memory, (RemoteAddress) string, &head, sizeof(head));
        if (r < 0)
                return r;
        if ((GC_TYPE_INFO(&head) & GC_TYPE_MASK) != IS_STRING || ZSTR_LEN(&head) > STRING_MAX)
                return -EBADMSG;

        *ret = ZSTR_LEN(&head);
        return 0;
}

/* The n bytes from offset and the one behind them, which is a NUL at the end of each zend_string.
 */
static int string_bytes(RemoteMemory *memory, const zend_string *string, size_t offset, char *to,
                size_t n) {
        return remote_memory_copy(memory,
                        (RemoteAddress) string + offsetof(zend_string, val) + offset, to, n + 1);
}

static bool is_continuation(char c) {
        return ((unsigned char) c & 0xc0) == 0x80;
}

/* Namespaces are wanted as they are written. */
static size_t escape_name(char *to, size_t size, char *name) {
        size_t n = 0;

        for (;;) {
                char *end = strchrnul(name, '\\');
                bool last = *end == '\0';

                *end = '\0';
                n += escape_string(to + n, size - n, name);
                if (last || n + 1 >= size)
                        return n;

                to[n++] = '\\';
                to[n] = '\0';
                name = end + 1;
        }
}

/* The start of a name, escaped. That of an anonymous class ends for people at its NUL, behind which
 * stands a path. */
static int name_start(RemoteMemory *memory, const zend_string *string, char *to, size_t size) {
        char raw[PHP_STRING_NAME_MAX];
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

        while (n > 0 && n < length && is_continuation(raw[n]))
                n--;
        raw[n] = '\0';
        (void) escape_name(to, size, raw);
        return 0;
}

/* All of text, or its end. Returns the length. */
size_t php_string_copy_end(char *to, size_t size, const char *text) {
        size_t n = strlen(text);

        if (n < size) {
                memcpy(to, text, n + 1);
                return n;
        }

        text += n - (size - sizeof(ELLIPSIS));
        while (is_continuation(*text))
                text++;
        return (size_t) (stpcpy(stpcpy(to, ELLIPSIS), text) - to);
}

int php_string_path(RemoteMemory *memory, const zend_string *string, char *to, size_t size) {
        char raw[PATH_BYTES_MAX], text[sizeof(ELLIPSIS) + 4 * PATH_BYTES_MAX];
        char *start = raw, *end = text;
        size_t length, n;
        int r;

        r = string_length(memory, string, &length);
        if (r < 0)
                return r;

        n = MIN(length, MIN(size, sizeof(raw)) - 1);
        r = string_bytes(memory, string, length - n, raw, n);
        if (r < 0)
                return r;
        if (raw[n] != '\0')
                return -EBADMSG;

        if (n < length) {
                end = stpcpy(end, ELLIPSIS);
                while (is_continuation(*start))
                        start++;
        }
        (void) escape_string(end, 4 * PATH_BYTES_MAX, start);
        (void) php_string_copy_end(to, size, text);
        return 0;
}

/* Since PHP 8.4 the name of a closure says where it stands: "{closure:/path/file.php:7}". Of a long one the end is
 * kept, which tells more than the beginning. */
#define CLOSURE "{closure:"

static int closure_name_read(
                RemoteMemory *memory, const zend_string *string, char *to, size_t size) {
        char raw[PHP_STRING_NAME_MAX], text[4 * PHP_STRING_NAME_MAX], *start = raw;
        size_t length, n, cut = strlen(CLOSURE);
        int r;

        r = string_length(memory, string, &length);
        if (r < 0)
                return r;

        n = length > cut ? MIN(length - cut, sizeof(raw) - 1) : 0;
        r = string_bytes(memory, string, length - n, raw, n);
        if (r < 0)
                return r;

        raw[n] = '\0';
        while (is_continuation(*start))
                start++;
        (void) escape_name(text, sizeof(text), start);
        (void) php_string_copy_end(stpcpy(to, CLOSURE), size - cut, text);
        return 0;
}

int php_string_name(RemoteMemory *memory, const zend_string *string, char *to, size_t size) {
        int r;

        r = name_start(memory, string, to, size);
        if (r < 0 || strncmp(to, CLOSURE, strlen(CLOSURE)) != 0)
                return r;

        return closure_name_read(memory, string, to, size);
}
