/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcache_strings.h"

#include <php.h>
#include <php_ini.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/journal_socket.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/plt_hook.h"

enum {
        PLACE_SIZE = 4,
        SHRINK_BY = 16,
        TABLE_MIN = 256 * 1024, /* that of one megabyte */
        CLEAR_MIN = 64 * 1024,  /* that of 8 192 scripts */
        BEHIND_TABLE_MAX = 512, /* between table and first string */
};

/* What is in front of the table; the header file of opcache is in no package. */
typedef struct StringTable {
        uint32_t mask; /* in bytes: of the last place */
        uint32_t n_strings;
        const char *start, *top, *end, *saved_top;
} StringTable;

static struct {
        bool is_starting, leaves_own_out;
        char *places; /* NULL: not seen */
        size_t size, used_size;
} table;

/* A table has 2^n places. Returns the size of one that takes up all of size but a few bytes, or 0. */
static size_t table_size_in(size_t size) {
        size_t table_size = TABLE_MIN;

        while (table_size < SIZE_MAX / 2 && table_size * 2 <= size)
                table_size *= 2;

        return size > table_size && size - table_size <= BEHIND_TABLE_MAX ? table_size : 0;
}

static bool is_empty(const StringTable *strings, const char *start) {
        return strings->n_strings == 0 && strings->start == start && strings->top == start &&
               strings->end > start && !strings->saved_top;
}

/* Looks in front of bytes only where they have the size of a table. */
size_t php_opcache_strings_shrink(void *bytes, size_t size) {
        size_t table_size = table_size_in(size);
        StringTable *strings = table_size > 0 ? (StringTable *) bytes - 1 : NULL;

        if (!strings || strings->mask != table_size - PLACE_SIZE ||
                        !is_empty(strings, (const char *) bytes + size))
                return 0;

        strings->mask = (uint32_t) (table_size / SHRINK_BY) - PLACE_SIZE;
        return table_size / SHRINK_BY;
}

/* Shared memory without a page is as good as zeros. Of other memory the kernel says that it has no such thing. */
static void clear(char *bytes, size_t size) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE), head = -(uintptr_t) bytes & (page - 1),
               whole = size > head ? (size - head) & ~(page - 1) : 0;

        if (whole == 0 || madvise(bytes + head, whole, MADV_REMOVE) < 0) {
                memset(bytes, 0, size);
                return;
        }

        memset(bytes, 0, head);
        memset(bytes + head + whole, 0, size - head - whole);
}

static void see_table(char *bytes, size_t size) {
        StringTable *strings = (StringTable *) bytes - 1;

        table.used_size = php_opcache_strings_shrink(bytes, size);
        if (table.used_size == 0)
                return;

        table.places = bytes;
        table.size = size;
        if (table.leaves_own_out)
                strings->saved_top = strings->start;
}

/* The calls of opcache, and of all of PHP's program where opcache is a part of it. At the start opcache clears the
 * table of scripts, too. When it starts afresh it clears the table of strings again, the whole of it. */
static void *on_memset(void *bytes, int value, size_t size) {
        if (size < CLEAR_MIN || value != 0)
                return memset(bytes, value, size);

        if (table.is_starting && !table.places)
                see_table(bytes, size);

        if (bytes == table.places && size == table.size)
                clear(bytes, table.used_size);
        else if (table.is_starting)
                clear(bytes, size);
        else
                memset(bytes, 0, size);
        return bytes;
}

static const zend_extension *opcache_with_strings(void) {
        return INI_INT("opcache.interned_strings_buffer") > 0 ? php_hooks_opcache() : NULL;
}

void php_opcache_strings_watch_start(bool leaves_own_out) {
        const zend_extension *extension = opcache_with_strings();

        table.leaves_own_out = leaves_own_out;
        table.is_starting = extension && plt_hook_set((const void *) extension->startup, "memset",
                                                         (void *) on_memset);
}

/* By now opcache may have taken the right to write from its memory. */
static bool may_clear(void) {
        return table.places && ((const StringTable *) table.places - 1)->n_strings == 0 &&
               !INI_BOOL("opcache.protect_memory");
}

void php_opcache_strings_end_start(void) {
        table.is_starting = false;
        if (may_clear())
                clear(table.places, table.used_size);
        if (!table.places && opcache_with_strings())
                stderr_line("<5>opcache of PHP " PHP_VERSION
                            " does not make the table of its strings as fpmd expects: it takes "
                            "more memory\n");
}
