/* SPDX-License-Identifier: MIT */
/* preload.so: what makes php-fpm's program run our engine instead of php-fpm, see fpmd-php(8).
 *
 * The manager executes the php-fpm of the PHP that the pool names, with this in LD_PRELOAD. The program exports the
 * whole of PHP, because extensions need it; its main() never runs. So the code of PHP is that of php-fpm, at the speed
 * of a program rather than of a library, and under the name that AppArmor profiles and Debian's sessionclean look for.
 * Where the loader does not load us, php-fpm's main() sees the option --fpmd, which it does not know, and exits with
 * 64.
 *
 * Runs in: zygote, before anything else, and for the hooks in workers. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "php/hooks/libc_hooks.h"
#include "php/zygote/inherited.h"
#include "php/zygote/zygote.h"

#define EXPORTED __attribute__((visibility("default")))

typedef int (*Main)(int argc, char *argv[], char *envp[]);
typedef int (*StartMain)(Main main, int argc, char *argv[], void (*init)(void), void (*fini)(void),
                void (*loader_fini)(void), void *stack_end);
typedef int (*EngineMain)(int argc, char *argv[], LibcHooks *hooks);

static LibcHooks hooks;

/* --- what stands behind us: a library that the pool loads as well, or libc itself --- */

/* libc exports none before 2.33. */
static int stat_by_kernel(const char *path, struct stat *ret) {
        return fstatat(AT_FDCWD, path, ret, 0);
}

/* Also before run_engine(): a library may call these while it is loaded. */
static const LibcHooks *find_next(void) {
        if (!hooks.next_sigaction)
                hooks.next_sigaction = (SignalFunction) dlsym(RTLD_NEXT, "sigaction");
        if (!hooks.next_scandir)
                hooks.next_scandir = (ScanFunction) dlsym(RTLD_NEXT, "scandir");
        if (!hooks.next_stat)
                hooks.next_stat = (StatFunction) dlsym(RTLD_NEXT, "stat");
        if (!hooks.next_stat)
                hooks.next_stat = stat_by_kernel;

        return &hooks;
}

/* --- start --- */

/* Neither PHP nor what it executes shall see how we came here. */
static void clear_environment(void) {
        const char *pool_own = getenv("FPMD_LD_PRELOAD");

        if (pool_own)
                (void) setenv("LD_PRELOAD", pool_own, 1);
        else
                (void) unsetenv("LD_PRELOAD");
        (void) unsetenv("FPMD_LD_PRELOAD");
        (void) unsetenv("FPMD_ENGINE");
}

/* The manager hears why, and does not try again. */
static int refuse(const char *why) {
        Inherited inherited;

        if (inherited_receive(&inherited) >= 0)
                zygote_report_failure(inherited.control_fd, why);
        else
                fprintf(stderr, "%s\n", why);
        return EX_CONFIG;
}

/* A pool without root has none from the start, and its sandbox may forbid capset(2) altogether. */
static bool has_capabilities(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        if (syscall(SYS_capget, &header, data) < 0)
                return true;

        for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
                if (data[i].permitted || data[i].effective || data[i].inheritable)
                        return true;

        return false;
}

static bool drop_capabilities(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

        return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) >= 0 &&
               syscall(SYS_capset, &header, none) >= 0;
}

/* While PHP starts, scripts of the last generation run, under the same user: a script that opened our memory now would
 * have that of the zygote and of all its workers. A capability that scripts lack keeps them away from the exec on
 * (manager/spawn/privilege.c); from here on it is not needed any more. */
static bool close_memory(void) {
        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) >= 0 &&
               (!has_capabilities() || drop_capabilities());
}

static int run_engine(int argc, char *argv[], char *envp[]) {
        const char *path = getenv("FPMD_ENGINE");
        void *engine;
        EngineMain engine_main;
        char why[512];

        (void) envp;
        if (!path) {
                fputs("fpmd's preload.so is loaded by fpmd(8), not by hand\n", stderr);
                return EX_USAGE;
        }
        if (!close_memory())
                return refuse("Cannot keep the memory of this process from others of its user");

        /* A build for another PHP, or for threads, fails here with the name of what this program lacks. */
        engine = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        engine_main = engine ? (EngineMain) dlsym(engine, "fpmd_php_main") : NULL;
        if (!engine_main) {
                snprintf(why, sizeof(why), "%s does not fit the engine that fpmd has for it: %s",
                                program_invocation_short_name, dlerror());
                return refuse(why);
        }

        clear_environment();
        find_next();
        return engine_main(argc, argv, &hooks);
}

/* libc's, which the start code of every program calls with its main(). */
EXPORTED int __libc_start_main(Main main, int argc, char *argv[], void (*init)(void),
                void (*fini)(void), void (*loader_fini)(void), void *stack_end);

EXPORTED int __libc_start_main(Main main, int argc, char *argv[], void (*init)(void),
                void (*fini)(void), void (*loader_fini)(void), void *stack_end) {
        StartMain start = (StartMain) dlsym(RTLD_NEXT, "__libc_start_main");

        (void) main;
        return start(run_engine, argc, argv, init, fini, loader_fini, stack_end);
}

/* --- the hooks --- */

/* Read once: a thread of an extension may call while the main thread takes the hook away. */
#define HOOK(name) __atomic_load_n(&hooks.name, __ATOMIC_ACQUIRE)

EXPORTED ssize_t write(int fd, const void *data, size_t size) {
        WriteFunction hook = HOOK(write);

        return hook ? hook(fd, data, size) : syscall(SYS_write, fd, data, size);
}

EXPORTED int setitimer(
                __itimer_which_t which, const struct itimerval *value, struct itimerval *old) {
        TimerFunction hook = HOOK(setitimer);

        return hook ? hook((int) which, value, old)
                    : (int) syscall(SYS_setitimer, which, value, old);
}

EXPORTED int sigaction(int signo, const struct sigaction *action, struct sigaction *old) {
        SignalFunction hook = HOOK(sigaction);

        return (hook ? hook : find_next()->next_sigaction)(signo, action, old);
}

EXPORTED int scandir(const char *folder, struct dirent ***ret, ScanFilter filter, ScanOrder order) {
        ScanFunction hook = HOOK(scandir);

        return (hook ? hook : find_next()->next_scandir)(folder, ret, filter, order);
}

EXPORTED int stat(const char *restrict path, struct stat *restrict ret) {
        StatFunction hook = HOOK(stat);

        return (hook ? hook : find_next()->next_stat)(path, ret);
}
