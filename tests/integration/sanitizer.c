/* SPDX-License-Identifier: MIT */
/* Linked into the programs of a build with --enable-sanitize only, so that it runs under systemd. */

#include <dlfcn.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *__asan_default_options(void);

/* The leak check at exit wants ptrace, which the unit's sandbox does not allow, and would change the
 * exit status; ASan would take rlimit_core away. In php-fpm's program preload.so comes before ASan, for the sake of the
 * function below. */
const char *__asan_default_options(void) {
        return "detect_leaks=0:disable_coredump=0:verify_asan_link_order=0";
}

/* PHP loads its extensions with RTLD_DEEPBIND, at which ASan ends the process. */
EXPORTED void *dlopen(const char *file, int mode) {
        void *(*next)(const char *, int) =
                        (void *(*) (const char *, int) ) dlsym(RTLD_NEXT, "dlopen");

        return next(file, mode & ~RTLD_DEEPBIND);
}
