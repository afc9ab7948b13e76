/* SPDX-License-Identifier: MIT */
#include "manager/workers/reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
        /* How many are reaped before other events have their turn: scripts may leave very many behind. */
        REAPED_AT_ONCE = 64,
};

typedef struct Watch {
        struct Watch *next;
        pid_t pid;
        ReaperHook hook;
        void *userdata;
} Watch;

struct Reaper {
        sd_event *event;
        Watch *watches;
        sd_event_source *signal_source, *again_source;
};

/* --- who is watched --- */

/* sd-event refuses a second source for one child: so what its table says need not be kept twice. */
static bool has_event_source(Reaper *reaper, pid_t pid) {
        sd_event_source *source = NULL;
        int r;

        r = sd_event_add_child(reaper->event, &source, pid, WEXITED, NULL, NULL);
        sd_event_source_disable_unref(source);
        return r == -EBUSY;
}

static Watch **find_watch(Reaper *reaper, pid_t pid) {
        Watch **place = &reaper->watches;

        while (*place && (*place)->pid != pid)
                place = &(*place)->next;

        return place;
}

int reaper_watch(Reaper *reaper, pid_t pid, ReaperHook hook, void *userdata) {
        siginfo_t si;
        Watch *watch;

        if (pid <= 0 || waitid(P_PID, (id_t) pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0)
                return -ECHILD;
        if (*find_watch(reaper, pid) || has_event_source(reaper, pid))
                return -EBUSY;

        watch = calloc(1, sizeof(*watch));
        if (!watch)
                return -ENOMEM;

        *watch = (Watch){
                .next = reaper->watches,
                .pid = pid,
                .hook = hook,
                .userdata = userdata,
        };
        reaper->watches = watch;
        return 0;
}

void reaper_forget(Reaper *reaper, const void *userdata) {
        Watch **place = &reaper->watches, *watch;

        while ((watch = *place)) {
                if (watch->userdata != userdata) {
                        place = &watch->next;
                        continue;
                }

                *place = watch->next;
                free(watch);
        }
}

/* --- who has ended --- */

static int wait_status_of(const siginfo_t *si) {
        switch (si->si_code) {
        case CLD_EXITED:
                return W_EXITCODE(si->si_status, 0);
        case CLD_DUMPED:
                return W_EXITCODE(0, si->si_status) | WCOREFLAG;
        default:
                return W_EXITCODE(0, si->si_status);
        }
}

static void reap(Reaper *reaper, const siginfo_t *si) {
        Watch **place = find_watch(reaper, si->si_pid), *watch = *place;

        if (watch)
                *place = watch->next;
        (void) waitpid(si->si_pid, NULL, WNOHANG);
        if (watch)
                watch->hook(si->si_pid, wait_status_of(si), watch->userdata);
        free(watch);
}

/* Peeks before it reaps. The kernel names dead children in an order of its own: behind one that an event source is to
 * reap, which it does before this source is dispatched again, there may be others. */
static void reap_some(Reaper *reaper) {
        for (int n = 0; n < REAPED_AT_ONCE; n++) {
                siginfo_t si = {};

                if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
                        return;
                if (has_event_source(reaper, si.si_pid))
                        break;
                reap(reaper, &si);
        }

        (void) sd_event_source_set_enabled(reaper->again_source, SD_EVENT_ONESHOT);
}

static int reaper_on_signal(
                sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        (void) source;
        (void) si;
        reap_some(userdata);
        return 0;
}

static int reaper_on_again(sd_event_source *source, void *userdata) {
        (void) source;
        reap_some(userdata);
        return 0;
}

/* --- life --- */

/* This source comes after all others: the source of a zygote reports first that the zygote has died, and its workers
 * are watched before one of them is reaped. */
static int add_sources(Reaper *reaper) {
        int r;

        r = sd_event_add_signal(
                        reaper->event, &reaper->signal_source, SIGCHLD, reaper_on_signal, reaper);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(reaper->signal_source, SD_EVENT_PRIORITY_IDLE);
        if (r < 0)
                return r;

        r = sd_event_add_defer(reaper->event, &reaper->again_source, reaper_on_again, reaper);
        if (r < 0)
                return r;

        return sd_event_source_set_priority(reaper->again_source, SD_EVENT_PRIORITY_IDLE);
}

int reaper_new(Reaper **ret, sd_event *event) {
        _cleanup_(reaper_freep) Reaper *reaper = NULL;
        int r;

        reaper = calloc(1, sizeof(*reaper));
        if (!reaper)
                return -ENOMEM;

        reaper->event = event;
        r = add_sources(reaper);
        if (r < 0)
                return r;

        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                return -errno;

        *ret = TAKE_PTR(reaper);
        return 0;
}

Reaper *reaper_free(Reaper *reaper) {
        if (!reaper)
                return NULL;

        while (reaper->watches) {
                Watch *watch = reaper->watches;

                reaper->watches = watch->next;
                free(watch);
        }
        sd_event_source_disable_unref(reaper->signal_source);
        sd_event_source_disable_unref(reaper->again_source);
        free(reaper);
        return NULL;
}
