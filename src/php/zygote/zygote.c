/* SPDX-License-Identifier: MIT */
#include "php/zygote/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fd_pass.h"
#include "contract/message.h"

/* After a status worker that died, or could not be forked. */
#define STATUS_PAUSE_USEC UINT64_C(1000000)

typedef struct Child {
        pid_t pid;       /* 0: none */
        int lifeline_fd; /* our end: closing it asks the worker to leave */
        int memory_fd;   /* its memory, once it was asked for */
} Child;

typedef struct Tracing {
        Zygote *zygote;
        unsigned slot;
} Tracing;

struct Zygote {
        int control_fd; /* -EBADF once the manager has gone */
        int signal_fd;
        Scoreboard *board;
        ZygoteHooks hooks;
        bool draining;
        uint64_t kill_usec;         /* when what still runs is killed, 0: the manager sees to it */
        int status_fd;              /* -EBADF: no pm.status_listen */
        uint64_t status_pause_usec; /* no status worker before this */
        unsigned n_children, n_slots;
        Child children[]; /* one more than n_slots: the status worker */
};

static const Child NO_CHILD = { .lifeline_fd = -EBADF, .memory_fd = -EBADF };

static void child_close(Child *child) {
        child->lifeline_fd = fd_close(child->lifeline_fd);
        child->memory_fd = fd_close(child->memory_fd);
}

int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, const ZygoteHooks *hooks) {
        _cleanup_(zygote_freep) Zygote *zygote = NULL;
        unsigned n_slots = scoreboard_slots(board);
        sigset_t set;

        zygote = calloc(1, sizeof(*zygote) + (n_slots + 1) * sizeof(Child));
        if (!zygote)
                return -ENOMEM;

        zygote->control_fd = control_fd;
        zygote->board = board;
        zygote->hooks = *hooks;
        zygote->n_slots = n_slots;
        zygote->status_fd = hooks->status_fd;
        for (unsigned i = 0; i <= n_slots; i++)
                zygote->children[i] = NO_CHILD;

        /* Extensions may have touched the mask or SIGCHLD. */
        (void) signal(SIGCHLD, SIG_DFL);
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;

        zygote->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (zygote->signal_fd < 0)
                return -errno;

        *ret = TAKE_PTR(zygote);
        return 0;
}

Zygote *zygote_free(Zygote *zygote) {
        if (!zygote)
                return NULL;

        for (unsigned i = 0; i <= zygote->n_slots; i++)
                child_close(&zygote->children[i]);
        fd_close(zygote->signal_fd);
        free(zygote);
        return NULL;
}

/* --- what the manager is told --- */

/* The manager may have gone: then there is nobody to tell, and poll() says so soon. */
static void tell(Zygote *zygote, MessageType type, unsigned slot, int value) {
        Message message = { .type = type, .slot = slot, .value = value };

        if (zygote->control_fd >= 0)
                (void) message_send(zygote->control_fd, &message);
}

void zygote_report_failure(int control_fd, const char *text) {
        Message message = { .type = MESSAGE_FAILED };

        snprintf(message.text, sizeof(message.text), "%s", text);
        (void) message_send(control_fd, &message);
}

/* --- a look into workers --- */

int zygote_send_memory(int lifeline_fd, int memory_fd) {
        int r = fd_pass_send(lifeline_fd, "m", 1, memory_fd, MSG_DONTWAIT);

        fd_close(memory_fd);
        return r;
}

static int receive_memory(int lifeline_fd) {
        char byte;
        int fd = -EBADF, n;

        n = fd_pass_receive(lifeline_fd, &byte, sizeof(byte), &fd, MSG_DONTWAIT);
        if (n < 0)
                return n;

        return fd >= 0 ? fd : -ENODATA;
}

int zygote_receive_log(int lifeline_fd) {
        int last_fd = -ENODATA, fd, n;
        char byte;

        for (;;) {
                fd = -EBADF;
                n = fd_pass_receive(lifeline_fd, &byte, sizeof(byte), &fd, MSG_DONTWAIT);
                if (n <= 0)
                        return last_fd;
                if (fd < 0)
                        continue;

                if (last_fd >= 0)
                        fd_close(last_fd);
                last_fd = fd;
        }
}

/* --- workers --- */

/* A worker keeps nothing of the zygote: not the lifelines of its siblings, which would hold them, and
 * not the control socket. */
static void become_worker(Zygote *zygote, unsigned slot, int lifeline_fd) {
        sigset_t none;

        for (unsigned i = 0; i <= zygote->n_slots; i++)
                child_close(&zygote->children[i]);
        zygote->control_fd = fd_close(zygote->control_fd);
        zygote->signal_fd = fd_close(zygote->signal_fd);

        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);

        _exit(zygote->hooks.worker(slot, lifeline_fd, zygote->hooks.userdata));
}

static int fork_worker(Zygote *zygote, unsigned slot) {
        _cleanup_close_ int theirs = -EBADF, ours = -EBADF;
        int fds[2];
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        theirs = fds[0];
        ours = fds[1];

        scoreboard_set(zygote->board, slot, SLOT_STARTING, clock_now_usec());
        pid = fork();
        if (pid < 0) {
                scoreboard_set(zygote->board, slot, SLOT_EMPTY, 0);
                return -errno;
        }
        if (pid == 0) {
                fd_close(ours);
                become_worker(zygote, slot, TAKE_FD(theirs));
        }

        zygote->children[slot] =
                        (Child){ .pid = pid, .lifeline_fd = TAKE_FD(ours), .memory_fd = -EBADF };
        zygote->n_children++;
        if (slot < zygote->n_slots)
                tell(zygote, MESSAGE_FORKED, slot, pid);
        return 0;
}

/* A worker that dies in a request can no longer say that it has ended. */
static void count_dead(Zygote *zygote, unsigned slot) {
        if (slot < zygote->n_slots &&
                        slot_word_state(scoreboard_live_word(zygote->board, slot)) > SLOT_IDLE)
                scoreboard_end_busy(zygote->board);
}

static void reap(Zygote *zygote, pid_t pid, int status) {
        for (unsigned i = 0; i <= zygote->n_slots; i++) {
                if (zygote->children[i].pid != pid)
                        continue;

                count_dead(zygote, i);

                child_close(&zygote->children[i]);
                zygote->children[i] = NO_CHILD;
                zygote->n_children--;
                scoreboard_mark_dead(zygote->board, i);
                if (i < zygote->n_slots)
                        tell(zygote, MESSAGE_EXITED, i, status & 0xffff);
                else if (status != 0)
                        zygote->status_pause_usec = clock_now_usec() + STATUS_PAUSE_USEC;
                return;
        }
}

static void reap_all(Zygote *zygote) {
        struct signalfd_siginfo si;
        int status;
        pid_t pid;

        while (read(zygote->signal_fd, &si, sizeof(si)) > 0)
                ;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                reap(zygote, pid, status);
}

/* --- orders --- */

static void zygote_on_fork(Zygote *zygote, const Message *message) {
        int r = -EBUSY;

        if (zygote->draining)
                r = -ESHUTDOWN;
        else if (zygote->children[message->slot].pid == 0)
                r = fork_worker(zygote, message->slot);
        if (r < 0)
                tell(zygote, MESSAGE_NOT_FORKED, message->slot, -r);
}

/* A request that has ended since the manager looked is not to be mistaken for the next. Stages of
 * one request have one start. */
static bool is_still(const Zygote *zygote, unsigned slot, SlotWord word) {
        SlotWord live = scoreboard_live_word(zygote->board, slot);

        return word == 0 || slot_word_since_usec(live) == slot_word_since_usec(word);
}

/* Only a child that was not reaped yet is signalled: its pid cannot belong to anybody else. */
static void zygote_on_signal(Zygote *zygote, const Message *message) {
        if (zygote->children[message->slot].pid > 0 &&
                        is_still(zygote, message->slot, message->word))
                (void) kill(zygote->children[message->slot].pid, message->value);
}

/* What the worker sent on it is kept: its stack may be wanted when it takes too long to leave. */
static void cut_lifeline(Child *child) {
        if (child->lifeline_fd >= 0 && child->memory_fd < 0)
                child->memory_fd = receive_memory(child->lifeline_fd);
        if (child->memory_fd < 0)
                child->memory_fd = -EBADF;
        child->lifeline_fd = fd_close(child->lifeline_fd);
}

static void zygote_on_retire(Zygote *zygote, const Message *message) {
        cut_lifeline(&zygote->children[message->slot]);
}

static void report_frame(const char *frame, void *userdata) {
        Tracing *tracing = userdata;
        Message message = { .type = MESSAGE_FRAME, .slot = tracing->slot };

        snprintf(message.text, sizeof(message.text), "%s", frame);
        if (tracing->zygote->control_fd >= 0)
                (void) message_send(tracing->zygote->control_fd, &message);
}

static int trace(Zygote *zygote, unsigned slot, unsigned depth) {
        Child *child = &zygote->children[slot];
        Tracing tracing = { .zygote = zygote, .slot = slot };

        if (child->pid == 0)
                return -ESRCH;
        if (child->memory_fd < 0 && child->lifeline_fd >= 0)
                child->memory_fd = receive_memory(child->lifeline_fd);
        if (child->memory_fd < 0)
                return child->memory_fd;

        return zygote->hooks.trace(child->memory_fd, depth, report_frame, &tracing);
}

static void zygote_on_trace(Zygote *zygote, const Message *message) {
        int r = trace(zygote, message->slot, (unsigned) message->value);

        tell(zygote, MESSAGE_TRACED, message->slot, r < 0 ? -r : 0);
}

static void kill_all(Zygote *zygote) {
        for (unsigned i = 0; i <= zygote->n_slots; i++)
                if (zygote->children[i].pid > 0)
                        (void) kill(zygote->children[i].pid, SIGKILL);
}

/* Later workers have it from the start, by its old number. One that cannot be reached, because files of
 * before still wait for it, is replaced after its request. */
static void zygote_on_reopen(Zygote *zygote, int fd) {
        if (zygote->hooks.log_fd < 0 || dup3(fd, zygote->hooks.log_fd, O_CLOEXEC) < 0)
                return;

        for (unsigned i = 0; i <= zygote->n_slots; i++) {
                Child *child = &zygote->children[i];

                if (child->lifeline_fd >= 0 &&
                                fd_pass_send(child->lifeline_fd, "l", 1, fd, MSG_DONTWAIT) < 0)
                        cut_lifeline(child);
        }

        /* Whoever sees this finds the file. */
        scoreboard_count_reopen(zygote->board);
}

/* What they are to do is on the board: this wakes those who sleep. Their lifelines stay, for files of the log that
 * come while they finish. */
static void drain(Zygote *zygote) {
        zygote->draining = true;
        scoreboard_drain(zygote->board);
        for (unsigned i = 0; i <= zygote->n_slots; i++) {
                Child *child = &zygote->children[i];

                if (child->lifeline_fd >= 0 &&
                                fd_pass_send(child->lifeline_fd, "d", 1, -EBADF, MSG_DONTWAIT) < 0)
                        cut_lifeline(child);
        }
}

static void follow(Zygote *zygote, const Message *message, int fd) {
        switch (message->type) {
        case MESSAGE_FORK:
                zygote_on_fork(zygote, message);
                break;
        case MESSAGE_SIGNAL:
                zygote_on_signal(zygote, message);
                break;
        case MESSAGE_TRACE:
                zygote_on_trace(zygote, message);
                break;
        case MESSAGE_RETIRE:
                zygote_on_retire(zygote, message);
                break;
        case MESSAGE_DRAIN:
                drain(zygote);
                break;
        case MESSAGE_KILL:
                kill_all(zygote);
                break;
        case MESSAGE_PING:
                tell(zygote, MESSAGE_PONG, 0, message->value);
                break;
        case MESSAGE_REOPEN:
                zygote_on_reopen(zygote, fd);
                break;
        }
}

/* A manager that has died, or that we do not understand, means the same: finish and leave. */
static void zygote_on_control(Zygote *zygote) {
        _cleanup_close_ int fd = -EBADF;
        Message message;
        int r;

        r = message_receive_fd(zygote->control_fd, &message, &fd);
        if (r == -EAGAIN)
                return;
        if (r > 0 && message_check(&message, MESSAGE_FROM_MANAGER, zygote->n_slots) >= 0) {
                follow(zygote, &message, fd);
                return;
        }

        zygote->control_fd = fd_close(zygote->control_fd);
        zygote->kill_usec = clock_now_usec() + zygote->hooks.orphan_limit_usec;
        drain(zygote);
}

/* --- the status worker --- */

/* Whoever connects to pm.status_listen finds it, or has it forked: the manager has no part in it, and the
 * worker is not one of those that it counts. */
static bool wants_status_worker(const Zygote *zygote) {
        return zygote->status_fd >= 0 && !zygote->draining &&
               zygote->children[zygote->n_slots].pid == 0;
}

static void start_status_worker(Zygote *zygote) {
        int r;

        if (!wants_status_worker(zygote))
                return;

        r = fork_worker(zygote, zygote->n_slots);
        if (r >= 0)
                return;

        fprintf(stderr, "<4>Cannot fork a worker for pm.status_listen, later: %s\n", strerror(-r));
        zygote->status_pause_usec = clock_now_usec() + STATUS_PAUSE_USEC;
}

/* --- life --- */

static uint64_t earlier(uint64_t a, uint64_t b) {
        return a == 0 || (b > 0 && b < a) ? b : a;
}

/* Until the next of two times; 0 is none. */
static int poll_msec(const Zygote *zygote) {
        uint64_t now = clock_now_usec(), msec,
                 next = earlier(zygote->kill_usec,
                                 wants_status_worker(zygote) ? zygote->status_pause_usec : 0);

        if (next == 0)
                return -1;

        msec = next > now ? (next - now) / 1000 + 1 : 0;
        return msec < INT_MAX ? (int) msec : INT_MAX;
}

static int watched_status_fd(Zygote *zygote) {
        if (zygote->status_pause_usec > 0 && clock_now_usec() >= zygote->status_pause_usec)
                zygote->status_pause_usec = 0;

        return wants_status_worker(zygote) && zygote->status_pause_usec == 0 ? zygote->status_fd
                                                                             : -EBADF;
}

static void kill_orphans(Zygote *zygote) {
        if (zygote->kill_usec == 0 || clock_now_usec() < zygote->kill_usec)
                return;

        kill_all(zygote);
        zygote->kill_usec = 0;
}

int zygote_run(Zygote *zygote) {
        tell(zygote, MESSAGE_READY, 0, 0);

        while (!zygote->draining || zygote->n_children > 0) {
                struct pollfd fds[] = {
                        { .fd = zygote->signal_fd, .events = POLLIN },
                        { .fd = zygote->control_fd, .events = POLLIN },
                        { .fd = watched_status_fd(zygote), .events = POLLIN },
                };

                if (poll(fds, ELEMENTSOF(fds), poll_msec(zygote)) < 0 && errno != EINTR)
                        return -errno;

                if (fds[0].revents)
                        reap_all(zygote);
                if (fds[1].revents)
                        zygote_on_control(zygote);
                if (fds[2].revents)
                        start_status_worker(zygote);
                kill_orphans(zygote);
        }

        return 0;
}
