/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcache_memory.h"

#include <php.h>
#include <php_ini.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/journal_socket.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/plt_hook.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
        MEMORY_MIN = 8 << 20, /* less is not opcache's */
        SEARCHED = 16 << 10,  /* from the start of its memory on */
        HEAD_MAX = 256,
        ALIGNMENT = 64, /* of a script */
        WORTH = 16 << 10,
};

/* The begin of a file of opcache's; its header file is in no package. */
typedef struct FileHead {
        char magic[8];
        char id[32];
        size_t memory_size;
} FileHead;

static struct {
        char *begin; /* NULL: not seen */
        size_t size;
        const volatile size_t *used; /* NULL: nothing is done */
        size_t end;                  /* of what scripts get: behind it may be what JIT has */
        size_t used_at_start;
        unsigned n_asked;
        bool is_starting;
} memory;

size_t php_opcache_memory_expected(const void *bytes, size_t size) {
        FileHead head;

        if (size < sizeof(head) || size > HEAD_MAX)
                return 0;

        memcpy(&head, bytes, sizeof(head));
        return memcmp(head.magic, "OPCACHE", sizeof(head.magic)) == 0 ? head.memory_size : 0;
}

/* Its size, since 8.3 its end, how much is in use, and where it begins. */
static const size_t *find_used(const size_t *note, const void *begin, size_t size, size_t least) {
        const size_t *used = note[2] == (uintptr_t) begin   ? note + 1
                             : note[3] == (uintptr_t) begin ? note + 2
                                                            : NULL;

        return note[0] == size && used && note[1] <= size && *used > least && *used <= size ? used
                                                                                            : NULL;
}

const size_t *php_opcache_memory_find(const void *begin, size_t size) {
        size_t searched = size < SEARCHED ? size : SEARCHED;
        const size_t *used = NULL;

        for (size_t at = 0; !used && at + 4 * sizeof(size_t) <= searched; at += sizeof(size_t))
                used = find_used((const void *) ((const char *) begin + at), begin, size, at);

        return used;
}

/* Others may take what was asked for, and then have the pages. */
static void ask_for(size_t size) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE), used = *memory.used, from, to;

        if (size < WORTH || used > memory.end || size > memory.end - used)
                return;

        from = (used + page - 1) & ~(page - 1);
        to = (used + ALIGNMENT + size) & ~(page - 1);
        if (to <= from || to > memory.end)
                return;

        if (madvise(memory.begin + from, to - from, MADV_POPULATE_WRITE) < 0)
                memory.used = NULL;
        else
                memory.n_asked++;
}

/* The calls of opcache, and of all of PHP's program where opcache is a part of it. */
static ssize_t on_read(int fd, void *bytes, size_t size) {
        ssize_t n = read(fd, bytes, size);

        if (memory.used && n > 0 && (size_t) n == size)
                ask_for(php_opcache_memory_expected(bytes, size));

        return n;
}

/* opcache may try some places, and take the last one. */
static void *on_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
        void *begin = mmap(at, size, protection, flags, fd, offset);

        if (memory.is_starting && begin != MAP_FAILED && size >= MEMORY_MIN &&
                        (flags & MAP_SHARED) && (flags & MAP_ANONYMOUS)) {
                memory.begin = begin;
                memory.size = size;
        }

        return begin;
}

static const zend_extension *opcache_with_folder(void) {
        const char *folder = INI_STR("opcache.file_cache");

        return folder && *folder ? php_hooks_opcache() : NULL;
}

void php_opcache_memory_watch_start(void) {
        const zend_extension *extension = opcache_with_folder();
        const void *address = extension ? (const void *) extension->startup : NULL;

        if (!extension)
                return;

        memory.is_starting = plt_hook_set(address, "mmap", (void *) on_mmap);
        memory.is_starting =
                        plt_hook_set(address, "mmap64", (void *) on_mmap) || memory.is_starting;
}

/* In front of it stands the end, or before 8.3 the size. */
static void note_used(const size_t *used) {
        memory.used = used;
        memory.end = used ? used[-1] : 0;
        memory.used_at_start = used ? *used : 0;
}

void php_opcache_memory_end_start(void) {
        const zend_extension *extension = opcache_with_folder();

        memory.is_starting = false;
        if (!extension || INI_BOOL("opcache.protect_memory"))
                return;

        if (memory.begin && madvise(memory.begin, SEARCHED, MADV_NORMAL) == 0) /* is mapped */
                note_used(php_opcache_memory_find(memory.begin, memory.size));
        if (memory.used &&
                        !plt_hook_set((const void *) extension->startup, "read", (void *) on_read))
                memory.used = NULL;
        if (!memory.used)
                stderr_line("<5>opcache of PHP " PHP_VERSION
                            " does not map its memory as fpmd expects: it takes longer to read "
                            "what is compiled\n");
}

bool php_opcache_memory_is_known(void) {
        return memory.used;
}

size_t php_opcache_memory_growth(void) {
        size_t used = memory.used ? *memory.used : 0;

        return memory.used && used >= memory.used_at_start ? used - memory.used_at_start : SIZE_MAX;
}

unsigned php_opcache_memory_asked(void) {
        return memory.n_asked;
}
