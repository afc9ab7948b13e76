/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_timeout.h"

#include <dlfcn.h>
#include <errno.h>
#include <php.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "base/clock.h"

enum {
        SHARED_USEC = 10000,
        SECONDS_MAX = 999999999,
};

#ifdef ZEND_SIGNALS

typedef void (*SetTimeout)(zend_long seconds, bool reset_signals);
typedef void (*UnsetTimeout)(void);

static struct {
        SetTimeout php_set;
        UnsetTimeout php_unset;
        bool in_worker;

        bool limited;              /* a script runs that has a limit */
        bool is_short;             /* the timer, by up to SHARED_USEC for this request */
        zend_long seconds;         /* it was armed for by start(); 0: it was not */
        uint64_t since_usec;       /* when; CLOCK_MONOTONIC */
        zend_signal_entry_t entry; /* PHP's own handler */
} timer;

static void arm(suseconds_t usec) {
        const struct itimerval value = { .it_value.tv_usec = usec };

        (void) setitimer(ITIMER_PROF, &value, NULL);
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

/* Between requests PHP forgets the handlers; the kernel does not. */
static void put_handler(void) {
        SIGG(handlers)[SIGPROF - 1].flags = timer.entry.flags;
        SIGG(handlers)[SIGPROF - 1].handler = (void *) php_timeout_on_timer;
}

static bool is_recent(void) {
        return clock_now_usec() - timer.since_usec < SHARED_USEC;
}

static void start_anew(zend_long seconds) {
        timer.php_set(seconds, true);
        timer.entry = SIGG(handlers)[SIGPROF - 1];
        timer.seconds = seconds;
        timer.since_usec = clock_now_usec();
        timer.is_short = false;
        put_handler();
}

static void share(zend_long seconds) {
        sigset_t set;

        /* The script before may have blocked it. */
        sigemptyset(&set);
        sigaddset(&set, SIGPROF);
        (void) sigprocmask(SIG_UNBLOCK, &set, NULL);

        put_handler();
        timer.is_short = true;
        EG(timeout_seconds) = seconds;
        zend_atomic_bool_store_ex(&EG(timed_out), false);
}

static void start(zend_long seconds) {
        if (timer.seconds == seconds && is_recent())
                share(seconds);
        else
                start_anew(seconds);
        timer.limited = true;
}

static void change(zend_long seconds, bool reset_signals) {
        /* PHP arms it anew, unless there shall be no limit, or one that is out of its range. */
        if (timer.seconds > 0 && (seconds <= 0 || seconds > SECONDS_MAX))
                arm(0);

        timer.seconds = 0;
        timer.is_short = false;
        timer.limited = seconds > 0;
        timer.php_set(seconds, reset_signals);
}

/* As start() has left it: no timeout, no set_time_limit() and no pcntl_signal() has come between. */
static bool can_be_shared(void) {
        return timer.seconds > 0 && timer.seconds == EG(timeout_seconds) &&
               SIGG(handlers)[SIGPROF - 1].handler == (void *) php_timeout_on_timer && is_recent();
}

static void end(void) {
        timer.limited = false;
        if (can_be_shared()) {
                zend_atomic_bool_store_ex(&EG(timed_out), false);
                return;
        }

        timer.seconds = 0;
        timer.php_unset();
}

/* PHP's: with reset_signals when a request starts. */
ZEND_API void zend_set_timeout(zend_long seconds, bool reset_signals) {
        if (timer.in_worker && reset_signals && seconds > 0)
                start(seconds);
        else
                change(seconds, reset_signals);
}

ZEND_API void zend_unset_timeout(void) {
        end();
}

int php_timeout_init(void) {
        timer.php_set = (SetTimeout) dlsym(RTLD_NEXT, "zend_set_timeout");
        timer.php_unset = (UnsetTimeout) dlsym(RTLD_NEXT, "zend_unset_timeout");
        return timer.php_set && timer.php_unset ? 0 : -ENOSYS;
}

void php_timeout_enter_worker(void) {
        timer.in_worker = true;
}

#else

int php_timeout_init(void) {
        return 0;
}

void php_timeout_enter_worker(void) {
}
#endif
