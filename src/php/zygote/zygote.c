/* SPDX-License-Identifier: MIT */
#include "php/zygote/zygote.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/stack.h"
#include "php/zygote/zygote_internal.h"

/* After a status worker that died, or could not be forked. */
#define STATUS_PAUSE_USEC UINT64_C(1000000)

enum {
        EVENTS_MAX = 64,
        LIST_SEC = 2,

        /* How many messages for each slot a manager that does not read can make the zygote keep: workers that came and
         * went, and the ends of stacks. The frames of stacks have a limit of their own. */
        REPORTS_PER_SLOT = 16,
        REPORTS_OF_ALL = 4096,
};

int zygote_watch(const Zygote *zygote, int fd, uint32_t tag) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = tag };

        return epoll_ctl(zygote->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_events(Zygote *zygote) {
        sigset_t set;
        int r;

        /* Extensions may have touched the mask or SIGCHLD. */
        (void) signal(SIGCHLD, SIG_DFL);
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;

        zygote->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (zygote->signal_fd < 0)
                return -errno;

        zygote->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (zygote->epoll_fd < 0)
                return -errno;

        r = zygote_watch(zygote, zygote->signal_fd, TAG_SIGNAL);
        return r < 0 ? r : zygote_watch(zygote, zygote->control_fd, TAG_CONTROL);
}

int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, const ZygoteHooks *hooks) {
        _cleanup_(zygote_freep) Zygote *zygote = NULL;
        int r;

        zygote = calloc(1, sizeof(*zygote));
        if (!zygote)
                return -ENOMEM;

        *zygote = (Zygote){
                .control_fd = control_fd,
                .signal_fd = -EBADF,
                .epoll_fd = -EBADF,
                .paths_fd = -EBADF,
                .board = board,
                .hooks = *hooks,
        };
        zygote->last = &zygote->first;
        message_queue_init(&zygote->reports,
                        (size_t) scoreboard_slots(board) * REPORTS_PER_SLOT + REPORTS_OF_ALL);
        r = open_events(zygote);
        if (r < 0)
                return r;

        r = children_new(&zygote->children, board, zygote->epoll_fd);
        if (r < 0)
                return r;

        /* A process that can open its memory by /proc decides what all later workers do; and its fds lead out of a
         * chroot. */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return -errno;

        *ret = TAKE_PTR(zygote);
        return 0;
}

Zygote *zygote_free(Zygote *zygote) {
        if (!zygote)
                return NULL;

        while (zygote->first) {
                Order *order = zygote->first;

                zygote->first = order->next;
                free(order);
        }
        children_free(zygote->children);
        zygote_leave_files(zygote);
        message_queue_done(&zygote->reports);
        fd_close(zygote->epoll_fd);
        fd_close(zygote->signal_fd);
        free(zygote);
        return NULL;
}

/* --- what the manager is told --- */

void zygote_report(Zygote *zygote, MessageType type, unsigned slot, int value) {
        Message message = { .type = type, .slot = slot, .value = value };

        if (zygote->control_fd >= 0)
                (void) message_queue_send(&zygote->reports, zygote->control_fd, &message, -EBADF);
}

void zygote_report_failure(int control_fd, const char *text) {
        Message message = { .type = MESSAGE_FAILED };

        snprintf(message.text, sizeof(message.text), "%s", text);
        (void) message_send(control_fd, &message);
}

/* --- workers --- */

void zygote_leave(Zygote *zygote) {
        sigset_t none;

        zygote->epoll_fd = fd_close(zygote->epoll_fd);
        zygote->control_fd = fd_close(zygote->control_fd);
        zygote->signal_fd = fd_close(zygote->signal_fd);
        message_queue_done(&zygote->reports);
        zygote_leave_files(zygote);

        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
}

_noreturn_ static void become_worker(Zygote *zygote, unsigned slot, int lifeline_fd) {
        zygote_leave(zygote);
        _exit(zygote->hooks.worker(slot, lifeline_fd, zygote->hooks.userdata));
}

int zygote_fork(Zygote *zygote, unsigned slot) {
        int lifeline_fd = -EBADF;
        pid_t pid;

        pid = zygote_use_spare(zygote, slot);
        if (pid < 0)
                pid = children_fork(zygote->children, slot, &lifeline_fd);
        if (pid < 0)
                return pid;
        if (pid == 0)
                become_worker(zygote, slot, lifeline_fd);

        if (slot < scoreboard_slots(zygote->board))
                zygote_report(zygote, MESSAGE_FORKED, slot, pid);
        return 0;
}

/* In memory that a crash has broken it may run for ever: then the alarm ends it. */
static void become_lister(Zygote *zygote) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        children_forget(zygote->children);
        zygote_leave(zygote);
        (void) signal(SIGALRM, SIG_DFL);
        (void) alarm(LIST_SEC);
}

void zygote_list_scripts(Zygote *zygote, int fd) {
        if (!zygote->hooks.list_scripts || fork() != 0)
                return;

        become_lister(zygote);
        zygote->hooks.list_scripts(fd, zygote->hooks.userdata);
        _exit(0);
}

void zygote_keep_scripts(Zygote *zygote) {
        pid_t pid = zygote->hooks.keeps_scripts() ? fork() : -1;

        if (pid > 0)
                zygote->keeper = pid;
        if (pid != 0)
                return;

        become_lister(zygote);
        zygote->hooks.keep_scripts(zygote->hooks.userdata);
        _exit(0);
}

/* One that reads scripts beforehand, or notes them: it ends by itself, and SIGALRM says that it took too long. Whoever
 * sends SIGKILL says so. */
static void on_helper_dead(int status) {
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
                stderr_line("<5>What reads or notes scripts for idle_warm or reload_warm was ended by "
                            "signal %d: going on without\n",
                                WTERMSIG(status));
}

static void on_worker_dead(Zygote *zygote, pid_t pid, int status) {
        unsigned slot;

        if (pid == zygote->keeper)
                zygote->keeper = 0;
        if (zygote_spare_ended(zygote, pid, status))
                return;
        if (!children_mark_dead(zygote->children, pid, status, &slot)) {
                on_helper_dead(status);
                return;
        }

        if (slot < scoreboard_slots(zygote->board))
                zygote_report(zygote, MESSAGE_EXITED, slot, status & 0xffff);
        else if (status != 0)
                zygote->status_pause_usec = clock_now_usec() + STATUS_PAUSE_USEC;
}

static void reap(Zygote *zygote) {
        int status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                on_worker_dead(zygote, pid, status);
}

static void zygote_on_signal(Zygote *zygote) {
        struct signalfd_siginfo si;

        while (read(zygote->signal_fd, &si, sizeof(si)) > 0)
                ;

        reap(zygote);
}

/* --- the status worker --- */

/* A connection to pm.status_listen finds the status worker, or makes the zygote fork it: the manager has no part in it
 * and does not count it. */
static bool wants_status_worker(const Zygote *zygote) {
        return zygote->hooks.status_fd >= 0 && !zygote->draining &&
               !children_has(zygote->children, scoreboard_status_slot(zygote->board));
}

static void zygote_on_status(Zygote *zygote) {
        int r;

        if (!wants_status_worker(zygote))
                return;

        r = zygote_fork(zygote, scoreboard_status_slot(zygote->board));
        if (r >= 0)
                return;

        stderr_line("<4>Cannot fork a worker for pm.status_listen, later: %s\n", strerror(-r));
        zygote->status_pause_usec = clock_now_usec() + STATUS_PAUSE_USEC;
}

static void watch_status(Zygote *zygote) {
        bool on;

        if (zygote->status_pause_usec > 0 && clock_now_usec() >= zygote->status_pause_usec)
                zygote->status_pause_usec = 0;

        on = wants_status_worker(zygote) && zygote->status_pause_usec == 0;
        if (on && !zygote->watches_status)
                zygote->watches_status =
                                zygote_watch(zygote, zygote->hooks.status_fd, TAG_STATUS) >= 0;
        else if (!on && zygote->watches_status) {
                (void) epoll_ctl(zygote->epoll_fd, EPOLL_CTL_DEL, zygote->hooks.status_fd, NULL);
                zygote->watches_status = false;
        }
}

/* --- life --- */

static uint64_t earlier(uint64_t a, uint64_t b) {
        return a == 0 || (b > 0 && b < a) ? b : a;
}

/* Returns the timeout until the earlier of two times, of which 0 means none. */
static int wait_msec(const Zygote *zygote) {
        uint64_t now, msec,
                        next = earlier(zygote->kill_usec,
                                        wants_status_worker(zygote) ? zygote->status_pause_usec
                                                                    : 0);

        next = earlier(next, zygote_spare_usec(zygote));
        next = earlier(next, zygote_files_usec(zygote));
        if (next == 0)
                return -1;

        now = clock_now_usec();
        msec = next > now ? (next - now) / 1000 + 1 : 0;
        return msec < INT_MAX ? (int) msec : INT_MAX;
}

static void kill_orphans(Zygote *zygote) {
        if (zygote->kill_usec == 0 || clock_now_usec() < zygote->kill_usec)
                return;

        children_kill_all(zygote->children);
        zygote->kill_usec = 0;
}

static void zygote_on_control(Zygote *zygote, uint32_t events) {
        if (events & EPOLLOUT && message_queue_flush(&zygote->reports, zygote->control_fd) < 0)
                events |= EPOLLIN; /* its end of file is read */
        if (events & ~(uint32_t) EPOLLOUT)
                zygote_read_orders(zygote);
}

/* Watches for EPOLLOUT while messages wait for the manager to read. */
static void watch_room(Zygote *zygote, bool *is_watched) {
        bool wanted = zygote->needs_room || message_queue_length(&zygote->reports) > 0;
        struct epoll_event event = { .events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
                .data.u32 = TAG_CONTROL };

        if (zygote->control_fd < 0 || wanted == *is_watched)
                return;

        (void) epoll_ctl(zygote->epoll_fd, EPOLL_CTL_MOD, zygote->control_fd, &event);
        *is_watched = wanted;
}

static void dispatch(Zygote *zygote, const struct epoll_event *event) {
        switch (event->data.u32) {
        case TAG_CONTROL:
                if (zygote->control_fd >= 0)
                        zygote_on_control(zygote, event->events);
                break;
        case TAG_SIGNAL:
                zygote_on_signal(zygote);
                break;
        case TAG_STATUS:
                zygote_on_status(zygote);
                break;
        case TAG_SPARE:
                zygote_on_spare(zygote);
                break;
        case TAG_PATHS:
                zygote_on_paths(zygote);
                break;
        case TAG_FILES:
                zygote_on_files(zygote);
                break;
        default:
                children_take_memory(zygote->children, event->data.u32);
        }
}

int zygote_run(Zygote *zygote) {
        bool room_is_watched = false;

        zygote_report(zygote, MESSAGE_READY, 0, 0);
        stack_release();
        reap(zygote); /* whoever has ended before signals were watched */

        while (!zygote->draining || children_count(zygote->children) > 0 || zygote->keeper > 0) {
                struct epoll_event events[EVENTS_MAX];
                bool has_work = zygote_has_work(zygote);
                int n;

                watch_status(zygote);
                zygote_see_to_spare(zygote);
                zygote_see_to_files(zygote);
                watch_room(zygote, &room_is_watched);
                n = epoll_wait(zygote->epoll_fd, events, EVENTS_MAX,
                                has_work ? 0 : wait_msec(zygote));
                if (n < 0 && errno != EINTR)
                        return -errno;

                for (int i = 0; i < n; i++)
                        dispatch(zygote, &events[i]);
                if (has_work)
                        zygote_work(zygote);
                kill_orphans(zygote);
        }

        return 0;
}
