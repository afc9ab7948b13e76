/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_process.h"

#include <php.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "php/hooks/php_hooks.h"

/* As it was before the request changed anything. */
static struct {
        bool is_kept;
        sigset_t blocked;
        struct sigaction actions[NSIG];
#ifdef ZEND_SIGNALS
        zend_signal_entry_t entries[NSIG];
#endif
} before;

static bool starts_program;

bool php_process_starts_program(void) {
        return starts_program;
}

static void keep_state(void) {
        if (before.is_kept)
                return;

        before.is_kept = true;
        (void) sigprocmask(SIG_SETMASK, NULL, &before.blocked);
        for (int i = 1; i < NSIG; i++)
                (void) sigaction(i, NULL, &before.actions[i]);
#ifdef ZEND_SIGNALS
        memcpy(before.entries, SIGG(handlers), sizeof(before.entries));
#endif
}

/* --- the functions --- */

static zif_handler original_alarm, original_signal, original_sigprocmask, original_proc_open;

static ZEND_NAMED_FUNCTION(noted_alarm) {
        keep_state();
        original_alarm(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(noted_signal) {
        keep_state();
        original_signal(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(noted_sigprocmask) {
        keep_state();
        original_sigprocmask(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(noted_proc_open) {
        starts_program = true;
        original_proc_open(INTERNAL_FUNCTION_PARAM_PASSTHRU);
        starts_program = false;
}

void php_process_init(void) {
        php_hooks_replace("pcntl_alarm", noted_alarm, &original_alarm);
        php_hooks_replace("pcntl_signal", noted_signal, &original_signal);
        php_hooks_replace("pcntl_sigprocmask", noted_sigprocmask, &original_sigprocmask);
        php_hooks_replace("proc_open", noted_proc_open, &original_proc_open);
}

/* --- the end of a request --- */

/* Real and virtual time. The timer for CPU time is PHP's own, see php_timeout.c. */
static void stop_alarms(void) {
        static const struct itimerval none;

        (void) setitimer(ITIMER_REAL, &none, NULL);
        (void) setitimer(ITIMER_VIRTUAL, &none, NULL);
}

/* Signals that came while the script blocked them and would end the next request. Who sends SIGTERM or SIGQUIT means
 * the worker. */
static void take_pending(void) {
        static const struct timespec now;
        sigset_t set;

        sigfillset(&set);
        sigdelset(&set, SIGTERM);
        sigdelset(&set, SIGQUIT);
        for (int i = 1; i < NSIG; i++)
                if (sigismember(&before.blocked, i) == 1)
                        sigdelset(&set, i);

        while (sigtimedwait(&set, NULL, &now) > 0)
                continue;
}

static void restore_handlers(void) {
        for (int i = 1; i < NSIG; i++)
                if (i != SIGPROF)
                        (void) sigaction(i, &before.actions[i], NULL);
#ifdef ZEND_SIGNALS
        /* php_timeout.c finds out by itself what has become of its own, from the entry. */
        before.entries[SIGPROF - 1] = SIGG(handlers)[SIGPROF - 1];
        memcpy(SIGG(handlers), before.entries, sizeof(before.entries));
#endif
}

void php_process_end_request(void) {
        starts_program = false; /* PHP may have left it by a jump */
        if (!before.is_kept)
                return;

        stop_alarms();
        take_pending();
        restore_handlers();
        (void) sigprocmask(SIG_SETMASK, &before.blocked, NULL);
        before.is_kept = false;
}
