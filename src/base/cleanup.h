/* SPDX-License-Identifier: MIT */
#pragma once
/* Cleanup attributes and ownership hand-over.
 *
 * Runs in: any process. */

#include <stdio.h>
#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _noreturn_ __attribute__((noreturn))

/* Defines the function that _cleanup_() calls for a pointer of TYPE: FUNC accepts NULL. */
#define DEFINE_CLEANUP(type, func)                                                                 \
        static inline void func##p(type **p) {                                                     \
                if (*p)                                                                            \
                        func(*p);                                                                  \
        }                                                                                          \
        struct func##_semicolon

/* Returns the value of the variable and leaves NULL, or -EBADF, in it: the value belongs to the caller now. */
#define TAKE_PTR(p)                                                                                \
        ({                                                                                         \
                typeof(p) *_taken_at = &(p);                                                       \
                typeof(p) _taken = *_taken_at;                                                     \
                *_taken_at = NULL;                                                                 \
                _taken;                                                                            \
        })

#define TAKE_FD(fd)                                                                                \
        ({                                                                                         \
                int *_taken_at = &(fd);                                                            \
                int _taken = *_taken_at;                                                           \
                *_taken_at = -EBADF;                                                               \
                _taken;                                                                            \
        })

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void fclosep(FILE **f) {
        if (*f)
                fclose(*f);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(fd_closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
