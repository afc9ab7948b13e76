/* SPDX-License-Identifier: MIT */
/* What signals make the manager do. */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "manager/base/log.h"
#include "manager/manager_internal.h"

static int manager_on_drain_signal(
                sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void) source;
        (void) si;
        if (m->result < 0) /* the pool ends already, and systemd does what it was asked for */
                return 0;

        log_event(EVENT_POOL_STOPPING, LOG_NOTICE, LOG_NO_FIELDS,
                        "Stopping: workers finish their requests");
        m->patience_usec = pool_drain_limit_usec(m->pool);
        m->is_deliberate = true;
        manager_stop(m);
        manager_ask_whether_restarted(m);
        pool_drain(m->pool);
        return 0;
}

static int manager_on_fast_signal(
                sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void) source;
        (void) si;
        log_event(EVENT_POOL_STOPPING, LOG_NOTICE, LOG_NO_FIELDS,
                        "Stopping at once: running requests are lost");
        m->patience_usec = 0;
        m->is_deliberate = true;
        manager_stop(m);
        pool_kill(m->pool);
        return 0;
}

static int manager_on_reload_signal(
                sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void) source;
        (void) si;
        reload_ask(&m->reload, RELOAD_BY_SIGNAL);
        return 0;
}

static int manager_on_reopen_signal(
                sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void) source;
        (void) si;
        log_notice("Reopening log files");
        reload_note_reopened(&m->reload);
        pool_reopen_logs(m->pool);
        return 0;
}

static const struct {
        int signal;
        sd_event_signal_handler_t handler;
} signals[] = {
        { SIGTERM, manager_on_drain_signal },
        { SIGQUIT, manager_on_drain_signal },
        { SIGINT, manager_on_fast_signal },
        { SIGHUP, manager_on_reload_signal },
        { SIGUSR1, manager_on_reopen_signal },
        { SIGUSR2, manager_on_reload_signal },
};

int manager_add_signals(Manager *m) {
        int r;

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                r = sd_event_add_signal(m->event, NULL, signals[i].signal, signals[i].handler, m);
                if (r < 0)
                        return r;
        }

        return 0;
}

int manager_block_signals(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&set, signals[i].signal);
        (void) signal(SIGPIPE, SIG_IGN);
        return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0;
}
