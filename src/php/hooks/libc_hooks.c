/* SPDX-License-Identifier: MIT */
#include "php/hooks/libc_hooks.h"
#include "base/journal_socket.h"

#include <php.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

static LibcHooks *table;
static bool write_holds, timer_holds;

void libc_hooks_init(LibcHooks *hooks) {
        table = hooks;
}

ssize_t libc_hooks_real_write(int fd, const void *data, size_t size) {
        return syscall(SYS_write, fd, data, size);
}

int libc_hooks_real_setitimer(int which, const struct itimerval *value, struct itimerval *old) {
        return (int) syscall(SYS_setitimer, which, value, old);
}

int libc_hooks_real_sigaction(int signo, const struct sigaction *action, struct sigaction *old) {
        return table->next_sigaction(signo, action, old);
}

int libc_hooks_real_scandir(
                const char *folder, struct dirent ***ret, ScanFilter filter, ScanOrder order) {
        return table->next_scandir(folder, ret, filter, order);
}

int libc_hooks_real_stat(const char *path, struct stat *ret) {
        return table->next_stat(path, ret);
}

/* --- probes: PHP does what leads to such a call, and the kernel hears nothing of it --- */

static unsigned n_writes, n_timers, n_actions;

static ssize_t count_write(int fd, const void *data, size_t size) {
        (void) fd;
        (void) data;
        n_writes++;
        return (ssize_t) size;
}

static int count_setitimer(int which, const struct itimerval *value, struct itimerval *old) {
        (void) value;
        (void) old;
        n_timers += which == ITIMER_PROF;
        return 0;
}

static int count_sigaction(int signo, const struct sigaction *action, struct sigaction *old) {
        (void) action;
        (void) old;
        n_actions += signo == SIGPROF;
        return 0;
}

/* A line of PHP's own error log. */
static void probe_write(void) {
        typeof(PG(error_log)) saved = PG(error_log);

#if PHP_VERSION_ID < 80600
        PG(error_log) = (char *) "/dev/null";
#else
        PG(error_log) = zend_string_init("/dev/null", strlen("/dev/null"), true);
#endif
        table->write = count_write;
        php_log_err_with_severity("probe", LOG_DEBUG);
        table->write = NULL;
#if PHP_VERSION_ID >= 80600
        zend_string_release(PG(error_log));
#endif
        PG(error_log) = saved;
        write_holds = n_writes == 1;
}

static void probe_timer(void) {
#ifdef ZEND_SIGNALS
        zend_signal_entry_t entry = SIGG(handlers)[SIGPROF - 1];
        zend_long seconds = EG(timeout_seconds);

        table->setitimer = count_setitimer;
        table->sigaction = count_sigaction;
        zend_set_timeout(1, true);
        zend_unset_timeout();
        table->setitimer = NULL;
        table->sigaction = NULL;

        EG(timeout_seconds) = seconds;
        SIGG(handlers)[SIGPROF - 1] = entry;
        timer_holds = n_timers == 2 && n_actions == 1;
#endif
}

static void report(bool holds, const char *name, const char *instead) {
        if (!holds)
                stderr_line("<5>PHP " PHP_VERSION " does not call %s as fpmd expects: %s\n", name,
                                instead);
}

void libc_hooks_probe(void) {
        if (!table)
                return;

        probe_write();
        probe_timer();

        report(write_holds, "write()", "it writes uploads in small pieces");
        report(timer_holds, "setitimer() and sigaction()",
                        "it sets the timer of max_execution_time for each request");
}

/* --- use --- */

bool libc_hooks_have_write(void) {
        return write_holds;
}

bool libc_hooks_have_timer(void) {
        return timer_holds;
}

void libc_hooks_set_write(WriteFunction hook) {
        if (write_holds)
                table->write = hook;
}

void libc_hooks_set_timer(TimerFunction setitimer_hook, SignalFunction sigaction_hook) {
        if (!timer_holds)
                return;

        table->setitimer = setitimer_hook;
        table->sigaction = sigaction_hook;
}

void libc_hooks_set_scan(ScanFunction scan_hook, StatFunction stat_hook) {
        if (!table)
                return;

        __atomic_store_n(&table->scandir, scan_hook, __ATOMIC_RELEASE);
        __atomic_store_n(&table->stat, stat_hook, __ATOMIC_RELEASE);
}
