/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_timeout.h"

#include <php.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "base/clock.h"
#include "php/hooks/libc_hooks.h"

enum {
        SHARED_USEC = 10000,
};

#ifdef ZEND_SIGNALS

static struct {
        bool starting;             /* in php_request_startup() */
        bool ending;               /* in php_timeout_end_request() */
        bool sharing;              /* which has found the timer of a request before */
        bool limited;              /* a script runs that has a limit */
        bool is_short;             /* the timer, by up to SHARED_USEC for this request */
        time_t seconds;            /* it was armed for at a start; 0: it was not */
        uint64_t since_usec;       /* when; CLOCK_MONOTONIC */
        zend_signal_entry_t entry; /* PHP's own handler */
} timer;

static void arm(suseconds_t usec) {
        const struct itimerval value = { .it_value.tv_usec = usec };

        (void) libc_hooks_real_setitimer(ITIMER_PROF, &value, NULL);
}

static void php_timeout_on_timer(int signo) {
        timer.seconds = 0;
        if (!timer.limited)
                return;

        if (timer.is_short) {
                timer.is_short = false;
                arm(SHARED_USEC);
                return;
        }

        ((void (*)(int)) timer.entry.handler)(signo);
}

static bool is_recent(void) {
        return clock_now_usec() - timer.since_usec < SHARED_USEC;
}

/* As the start has left it: no timeout, no set_time_limit() and no pcntl_signal() has come between. */
static bool can_be_shared(void) {
        return timer.seconds > 0 && timer.seconds == EG(timeout_seconds) &&
               SIGG(handlers)[SIGPROF - 1].handler == (void *) php_timeout_on_timer && is_recent();
}

/* php_request_shutdown() disarms when no code of PHP runs any more; set_time_limit() is called by code. */
static bool is_end(void) {
        return timer.ending || ((EG(flags) & EG_FLAGS_IN_SHUTDOWN) && !EG(current_execute_data));
}

static bool start(time_t seconds) {
        timer.limited = true;
        timer.sharing = timer.is_short = timer.seconds == seconds && is_recent();
        if (timer.sharing)
                return true;

        timer.seconds = seconds;
        timer.since_usec = clock_now_usec();
        return false;
}

static bool end(void) {
        timer.limited = false;
        if (can_be_shared())
                return true;

        timer.seconds = 0;
        return false;
}

/* Whether the kernel need not hear of it. */
static bool timer_is_shared(const struct itimerval *value) {
        bool is_off = value->it_value.tv_sec == 0 && value->it_value.tv_usec == 0;

        if (timer.starting && !is_off)
                return start(value->it_value.tv_sec);
        if (is_off && is_end())
                return end();

        timer.seconds = 0;
        timer.is_short = false;
        timer.limited = !is_off;
        return false;
}

static int on_setitimer(int which, const struct itimerval *value, struct itimerval *old) {
        if (which == ITIMER_PROF && value && !old && timer_is_shared(value))
                return 0;

        return libc_hooks_real_setitimer(which, value, old);
}

/* With a timer that is shared the kernel has PHP's handler already. A script that sets another is the last one that
 * used this timer. */
static int on_sigaction(int signo, const struct sigaction *action, struct sigaction *old) {
        if (signo == SIGPROF && action && timer.starting && timer.sharing && !old)
                return 0;
        if (signo == SIGPROF && action && !timer.starting)
                timer.seconds = 0;

        return libc_hooks_real_sigaction(signo, action, old);
}

void php_timeout_enter_worker(void) {
        libc_hooks_set_timer(on_setitimer, on_sigaction);
        timer.seconds = 0; /* a child has no timer of its parent */
}

void php_timeout_before_startup(void) {
        timer.starting = true;
        timer.sharing = false;
}

void php_timeout_after_startup(void) {
        zend_signal_entry_t *entry = &SIGG(handlers)[SIGPROF - 1];

        timer.starting = false;
        if (timer.limited) {
                /* Between requests PHP forgets the handlers; the kernel does not. */
                timer.entry = *entry;
                entry->handler = (void *) php_timeout_on_timer;
        } else if (timer.seconds > 0) {
                /* This request has no limit, and would be disturbed by the timer of the one before. */
                timer.seconds = 0;
                arm(0);
        }
}

void php_timeout_end_request(void) {
        timer.ending = true;
        zend_unset_timeout();
        timer.ending = false;
}

#else

void php_timeout_enter_worker(void) {
}

void php_timeout_before_startup(void) {
}

void php_timeout_after_startup(void) {
}

void php_timeout_end_request(void) {
        zend_unset_timeout();
}
#endif
