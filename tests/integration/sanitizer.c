/* SPDX-License-Identifier: MIT */
/* Linked into the programs of a build with --enable-sanitize only, so that it runs under systemd. */

#include <dlfcn.h>

const char *__asan_default_options(void);

/* The leak check at exit wants ptrace, which the unit's sandbox does not allow, and would change the
 * exit status; ASan would take rlimit_core away. */
const char *__asan_default_options(void) {
        return "detect_leaks=0:disable_coredump=0";
}

/* PHP loads its extensions with RTLD_DEEPBIND, at which ASan ends the process. */
void *dlopen(const char *file, int mode) {
        void *(*next)(const char *, int) =
                        (void *(*) (const char *, int) ) dlsym(RTLD_NEXT, "dlopen");

        return next(file, mode & ~RTLD_DEEPBIND);
}
