/* SPDX-License-Identifier: MIT */
#include "pool/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/clock.h"
#include "shared/fd.h"
#include "shared/message.h"

typedef struct Child {
        pid_t pid;    /* 0: none */
        int leash_fd; /* the write end: closing it asks the worker to leave */
} Child;

struct Zygote {
        int control_fd; /* -EBADF once the manager has gone */
        int signal_fd;
        Scoreboard *board;
        WorkerMain worker;
        void *userdata;
        bool draining;
        unsigned n_children, n_slots;
        Child children[];
};

int zygote_new(Zygote **ret, int control_fd, Scoreboard *board, WorkerMain worker, void *userdata) {
        _cleanup_(zygote_freep) Zygote *zygote = NULL;
        unsigned n_slots = scoreboard_slots(board);
        sigset_t set;

        zygote = calloc(1, sizeof(*zygote) + n_slots * sizeof(Child));
        if (!zygote)
                return -ENOMEM;

        zygote->control_fd = control_fd;
        zygote->board = board;
        zygote->worker = worker;
        zygote->userdata = userdata;
        zygote->n_slots = n_slots;
        for (unsigned i = 0; i < n_slots; i++)
                zygote->children[i].leash_fd = -EBADF;

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

        for (unsigned i = 0; i < zygote->n_slots; i++)
                fd_close(zygote->children[i].leash_fd);
        fd_close(zygote->signal_fd);
        free(zygote);
        return NULL;
}

/* --- what the manager is told --- */

/* The manager may have gone: then there is nobody to tell, and poll() says so soon. */
static void tell(Zygote *zygote, MessageType type, unsigned slot, int value) {
        Message message = {.type = type, .slot = slot, .value = value};

        if (zygote->control_fd >= 0)
                (void) message_send(zygote->control_fd, &message);
}

void zygote_report_failure(int control_fd, const char *text) {
        Message message = {.type = MESSAGE_FAILED};

        snprintf(message.text, sizeof(message.text), "%s", text);
        (void) message_send(control_fd, &message);
}

/* --- workers --- */

/* A worker keeps nothing of the zygote: not the leashes of its siblings, which would hold them, and
 * not the control socket. */
static void become_worker(Zygote *zygote, unsigned slot, int leash_fd) {
        sigset_t none;

        for (unsigned i = 0; i < zygote->n_slots; i++)
                zygote->children[i].leash_fd = fd_close(zygote->children[i].leash_fd);
        zygote->control_fd = fd_close(zygote->control_fd);
        zygote->signal_fd = fd_close(zygote->signal_fd);

        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);

        _exit(zygote->worker(slot, leash_fd, zygote->userdata));
}

static int fork_worker(Zygote *zygote, unsigned slot) {
        _cleanup_close_ int theirs = -EBADF, ours = -EBADF;
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
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

        zygote->children[slot] = (Child){.pid = pid, .leash_fd = TAKE_FD(ours)};
        zygote->n_children++;
        tell(zygote, MESSAGE_FORKED, slot, pid);
        return 0;
}

static void reap(Zygote *zygote, pid_t pid, int status) {
        for (unsigned i = 0; i < zygote->n_slots; i++) {
                if (zygote->children[i].pid != pid)
                        continue;

                fd_close(zygote->children[i].leash_fd);
                zygote->children[i] = (Child){.leash_fd = -EBADF};
                zygote->n_children--;
                scoreboard_bury(zygote->board, i);
                tell(zygote, MESSAGE_EXITED, i, status & 0xffff);
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

static void on_fork(Zygote *zygote, const Message *message) {
        int r = -EBUSY;

        if (zygote->draining)
                r = -ESHUTDOWN;
        else if (zygote->children[message->slot].pid == 0)
                r = fork_worker(zygote, message->slot);
        if (r < 0)
                tell(zygote, MESSAGE_NOT_FORKED, message->slot, -r);
}

/* Only a child that was not reaped yet is signalled: its pid cannot belong to anybody else. */
static void on_signal(Zygote *zygote, const Message *message) {
        if (zygote->children[message->slot].pid > 0)
                (void) kill(zygote->children[message->slot].pid, message->value);
}

static void on_retire(Zygote *zygote, const Message *message) {
        Child *child = &zygote->children[message->slot];

        child->leash_fd = fd_close(child->leash_fd);
}

static void drain(Zygote *zygote) {
        zygote->draining = true;
        scoreboard_drain(zygote->board);
        for (unsigned i = 0; i < zygote->n_slots; i++)
                zygote->children[i].leash_fd = fd_close(zygote->children[i].leash_fd);
}

static void follow(Zygote *zygote, const Message *message) {
        switch (message->type) {
        case MESSAGE_FORK:
                on_fork(zygote, message);
                break;
        case MESSAGE_SIGNAL:
                on_signal(zygote, message);
                break;
        case MESSAGE_RETIRE:
                on_retire(zygote, message);
                break;
        case MESSAGE_DRAIN:
                drain(zygote);
                break;
        case MESSAGE_PING:
                tell(zygote, MESSAGE_PONG, 0, message->value);
                break;
        }
}

/* A manager that has died, or that we do not understand, means the same: finish and leave. */
static void on_control(Zygote *zygote) {
        Message message;
        int r;

        r = message_receive(zygote->control_fd, &message);
        if (r == -EAGAIN)
                return;
        if (r > 0 && message_check(&message, MESSAGE_FROM_MANAGER, zygote->n_slots) >= 0) {
                follow(zygote, &message);
                return;
        }

        zygote->control_fd = fd_close(zygote->control_fd);
        drain(zygote);
}

int zygote_run(Zygote *zygote) {
        tell(zygote, MESSAGE_READY, 0, 0);

        while (!zygote->draining || zygote->n_children > 0) {
                struct pollfd fds[] = {
                                {.fd = zygote->signal_fd, .events = POLLIN},
                                {.fd = zygote->control_fd, .events = POLLIN},
                };

                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return -errno;

                if (fds[0].revents)
                        reap_all(zygote);
                if (fds[1].revents)
                        on_control(zygote);
        }

        return 0;
}
