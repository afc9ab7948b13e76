/* SPDX-License-Identifier: MIT */
#pragma once
/* LibcHooks: functions of libc that the calls of PHP's program and of its extensions come to us instead. preload.so
 * stands before libc and asks this table; calls inside PHP's program do not pass by there. A hook that the probe at
 * start does not see at work is not used: what it was to save is then done in PHP's own way. scandir and stat have no
 * probe: they serve PHP's start alone, before which there is nothing to probe. ZoneScan, which uses them, believes them
 * only once the kernel has said the same.
 *
 * Runs in: zygote and worker. */

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

typedef ssize_t (*WriteFunction)(int fd, const void *data, size_t size);
typedef int (*TimerFunction)(int which, const struct itimerval *value, struct itimerval *old);
typedef int (*SignalFunction)(int signo, const struct sigaction *action, struct sigaction *old);
typedef int (*ScanFilter)(const struct dirent *entry);
typedef int (*ScanOrder)(const struct dirent **a, const struct dirent **b);
typedef int (*ScanFunction)(
                const char *folder, struct dirent ***ret, ScanFilter filter, ScanOrder order);
typedef int (*StatFunction)(const char *path, struct stat *ret);

/* The functions that preload.so calls; NULL means those behind it. */
typedef struct LibcHooks {
        WriteFunction write;
        TimerFunction setitimer;
        SignalFunction sigaction;
        ScanFunction scandir;
        StatFunction stat;

        /* Set by preload.so: what it has stood before, of libc or of another library that the pool loads. */
        SignalFunction next_sigaction;
        ScanFunction next_scandir;
        StatFunction next_stat;
} LibcHooks;

/* Zygote: sets the table of preload.so, which is borrowed for good. Without this call there are no hooks. */
void libc_hooks_init(LibcHooks *hooks);

/* Zygote, after PHP's start: probes each hook, and logs which of them do not work. */
void libc_hooks_probe(void);

/* Return whether a hook works, once it was probed. */
bool libc_hooks_have_write(void);
bool libc_hooks_have_timer(void);

/* Install a hook if it works. The hook calls libc's own functions by the ones below. */
void libc_hooks_set_write(WriteFunction hook);
void libc_hooks_set_timer(TimerFunction setitimer_hook, SignalFunction sigaction_hook);

/* Sets or, by NULL, takes away both, without a probe. Threads that PHP's extensions have started may call them, too. */
void libc_hooks_set_scan(ScanFunction scan_hook, StatFunction stat_hook);

/* Call the functions behind the hooks: write() and setitimer() of the kernel, the others as said above. */
ssize_t libc_hooks_real_write(int fd, const void *data, size_t size);
int libc_hooks_real_setitimer(int which, const struct itimerval *value, struct itimerval *old);
int libc_hooks_real_sigaction(int signo, const struct sigaction *action, struct sigaction *old);
int libc_hooks_real_scandir(
                const char *folder, struct dirent ***ret, ScanFilter filter, ScanOrder order);
int libc_hooks_real_stat(const char *path, struct stat *ret);
