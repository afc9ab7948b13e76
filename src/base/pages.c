/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__

/* It sees who reads behind the end of these. */

void *pages_new(size_t size) {
        return calloc(1, size);
}

void pages_free(void *pages, size_t size) {
        (void) size;
        free(pages);
}

void pages_release(void *pages, size_t size) {
        memset(pages, 0, size);
}

#else

void *pages_new(size_t size) {
        void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return pages != MAP_FAILED ? pages : NULL;
}

void pages_free(void *pages, size_t size) {
        if (pages)
                (void) munmap(pages, size);
}

void pages_release(void *pages, size_t size) {
        (void) madvise(pages, size, MADV_DONTNEED);
}

#endif
