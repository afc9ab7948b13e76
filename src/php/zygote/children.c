/* SPDX-License-Identifier: MIT */
#include "php/zygote/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "php/zygote/lifeline.h"

typedef struct Child {
        pid_t pid;        /* 0: none */
        int lifeline_fd;  /* the zygote's end: closing it asks the worker to leave */
        int memory_fd;    /* its memory, once it has sent it */
        int memory_error; /* why there is none, -EAGAIN: not yet */
} Child;

struct Children {
        Scoreboard *board;
        int epoll_fd;
        unsigned n, n_slots; /* who lives; slots with that of the status worker */
        Child spare;
        Child items[];
};

static const Child NO_CHILD = { .lifeline_fd = -EBADF, .memory_fd = -EBADF };

int children_new(Children **ret, Scoreboard *board, int epoll_fd) {
        unsigned n_slots = scoreboard_slots(board) + 1;
        Children *children;

        children = calloc(1, sizeof(*children) + n_slots * sizeof(Child));
        if (!children)
                return -ENOMEM;

        children->board = board;
        children->epoll_fd = epoll_fd;
        children->n_slots = n_slots;
        children->spare = NO_CHILD;
        for (unsigned i = 0; i < n_slots; i++)
                children->items[i] = NO_CHILD;

        *ret = children;
        return 0;
}

/* A lifeline is taken out of epoll before it is closed: a worker that was just forked may still have a copy. */
static void stop_watching(const Children *children, const Child *child) {
        if (child->lifeline_fd >= 0)
                (void) epoll_ctl(children->epoll_fd, EPOLL_CTL_DEL, child->lifeline_fd, NULL);
}

static void child_close(const Children *children, Child *child) {
        if (child->memory_error == -EAGAIN)
                stop_watching(children, child);
        child->lifeline_fd = fd_close(child->lifeline_fd);
        child->memory_fd = fd_close(child->memory_fd);
}

Children *children_free(Children *children) {
        if (!children)
                return NULL;

        for (unsigned i = 0; i < children->n_slots; i++)
                child_close(children, &children->items[i]);
        child_close(children, &children->spare);
        free(children);
        return NULL;
}

unsigned children_count(const Children *children) {
        return children->n;
}

bool children_has(const Children *children, unsigned slot) {
        return children->items[slot].pid > 0;
}

/* --- birth --- */

/* Numbers that follow each other are closed with one call: a pool of a thousand has two thousand. */
typedef struct FdRun {
        int first, last;
} FdRun;

static void fd_run_close(FdRun *run) {
        if (run->first >= 0 && close_range((unsigned) run->first, (unsigned) run->last, 0) < 0)
                for (int fd = run->first; fd <= run->last; fd++)
                        fd_close(fd);
        run->first = -EBADF;
}

static void fd_run_add(FdRun *run, int fd) {
        if (fd < 0)
                return;
        if (run->first >= 0 && fd == run->last + 1) {
                run->last = fd;
                return;
        }

        fd_run_close(run);
        *run = (FdRun){ fd, fd };
}

/* A worker keeps nothing of its siblings: not their lifelines, which would hold them, and not their memory. */
void children_forget(Children *children) {
        FdRun run = { -EBADF, -EBADF };

        for (unsigned i = 0; i < children->n_slots; i++)
                fd_run_add(&run, children->items[i].lifeline_fd);
        fd_run_add(&run, children->spare.lifeline_fd);
        for (unsigned i = 0; i < children->n_slots; i++)
                fd_run_add(&run, children->items[i].memory_fd);
        fd_run_close(&run);
        for (unsigned i = 0; i < children->n_slots; i++)
                children->items[i] = NO_CHILD;
        children->spare = NO_CHILD;
}

/* Without it the memory lies on the lifeline until a stack is wanted. */
static void watch_memory(const Children *children, unsigned slot) {
        (void) epoll_ctl(children->epoll_fd, EPOLL_CTL_ADD, children->items[slot].lifeline_fd,
                        &(struct epoll_event){ .events = EPOLLIN, .data.u32 = slot });
}

/* Forks a process with a lifeline. In the parent *ret is the child; in the child, which returns 0, *ret_lifeline_fd is
 * its end. Returns a negative errno when there is none. */
static pid_t give_birth(Children *children, Child *ret, int *ret_lifeline_fd) {
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        pid_t pid;
        int r;

        r = lifeline_new(&ours, &theirs);
        if (r < 0)
                return r;

        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                children_forget(children);
                *ret_lifeline_fd = TAKE_FD(theirs);
                return 0;
        }

        *ret = (Child){
                .pid = pid,
                .lifeline_fd = TAKE_FD(ours),
                .memory_fd = -EBADF,
                .memory_error = -EAGAIN,
        };
        return pid;
}

pid_t children_fork(Children *children, unsigned slot, int *ret_lifeline_fd) {
        pid_t pid;

        scoreboard_set(children->board, slot, SLOT_STARTING, clock_now_usec());
        pid = give_birth(children, &children->items[slot], ret_lifeline_fd);
        if (pid < 0)
                scoreboard_set(children->board, slot, SLOT_EMPTY, 0);
        if (pid <= 0)
                return pid;

        children->n++;
        watch_memory(children, slot);
        return pid;
}

/* --- the spare one --- */

pid_t children_fork_spare(Children *children, int *ret_lifeline_fd) {
        return give_birth(children, &children->spare, ret_lifeline_fd);
}

bool children_has_spare(const Children *children) {
        return children->spare.pid > 0;
}

int children_spare_fd(const Children *children) {
        return children->spare.lifeline_fd;
}

pid_t children_give_slot(Children *children, unsigned slot) {
        Child *spare = &children->spare;
        int r;

        scoreboard_set(children->board, slot, SLOT_STARTING, clock_now_usec());
        r = lifeline_send_slot(spare->lifeline_fd, slot);
        if (r < 0) {
                scoreboard_set(children->board, slot, SLOT_EMPTY, 0);
                children_drop_spare(children);
                return r;
        }

        stop_watching(children, spare);
        children->items[slot] = *spare;
        children->items[slot].memory_error = -EAGAIN;
        *spare = NO_CHILD;
        children->n++;
        watch_memory(children, slot);
        return children->items[slot].pid;
}

void children_drop_spare(Children *children) {
        stop_watching(children, &children->spare);
        children->spare.lifeline_fd = fd_close(children->spare.lifeline_fd);
}

bool children_mark_spare_dead(Children *children, pid_t pid) {
        if (children->spare.pid != pid || pid <= 0)
                return false;

        children_drop_spare(children);
        children->spare = NO_CHILD;
        return true;
}

/* --- life --- */

void children_take_memory(Children *children, unsigned slot) {
        Child *child = &children->items[slot];
        int r;

        if (child->memory_error != -EAGAIN || child->lifeline_fd < 0)
                return;

        r = lifeline_receive_memory(child->lifeline_fd);
        if (r == -EAGAIN)
                return;

        stop_watching(children, child); /* nothing else comes from a worker */
        child->memory_fd = r >= 0 ? r : -EBADF;
        child->memory_error = r >= 0 ? 0 : r;
}

int children_memory_fd(const Children *children, unsigned slot) {
        const Child *child = &children->items[slot];

        if (child->pid == 0)
                return -ESRCH;

        if (child->memory_fd >= 0)
                return child->memory_fd;

        return child->memory_error == -EAGAIN ? -ENODATA : child->memory_error;
}

/* Its memory is kept: its stack may be wanted when it takes too long to leave. */
void children_retire(Children *children, unsigned slot) {
        Child *child = &children->items[slot];

        children_take_memory(children, slot);
        if (child->memory_error == -EAGAIN) {
                stop_watching(children, child);
                child->memory_error = -ENODATA;
        }
        child->lifeline_fd = fd_close(child->lifeline_fd);
}

void children_wake(Children *children) {
        for (unsigned i = 0; i < children->n_slots; i++)
                if (children->items[i].lifeline_fd >= 0 &&
                                lifeline_wake(children->items[i].lifeline_fd) < 0)
                        children_retire(children, i);
}

void children_send_log(Children *children, int log_fd) {
        for (unsigned i = 0; i < children->n_slots; i++)
                if (children->items[i].lifeline_fd >= 0 &&
                                lifeline_send_log(children->items[i].lifeline_fd, log_fd) < 0)
                        children_retire(children, i);
}

/* --- death --- */

void children_kill(Children *children, unsigned slot) {
        if (children->items[slot].pid > 0)
                (void) kill(children->items[slot].pid, SIGKILL);
}

void children_kill_all(Children *children) {
        for (unsigned i = 0; i < children->n_slots; i++)
                children_kill(children, i);
        if (children->spare.pid > 0)
                (void) kill(children->spare.pid, SIGKILL);
}

/* A worker that dies in a request can no longer count its end. A worker that left by itself has done so, whatever its
 * last slot word says. */
static void count_dead(Children *children, unsigned slot, int wait_status) {
        bool left = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;

        if (!left && slot < scoreboard_slots(children->board) &&
                        slot_word_state(scoreboard_live_word(children->board, slot)) > SLOT_IDLE)
                scoreboard_end_busy(children->board);
}

bool children_mark_dead(Children *children, pid_t pid, int wait_status, unsigned *ret_slot) {
        unsigned slot = 0;

        while (slot < children->n_slots && children->items[slot].pid != pid)
                slot++;
        if (pid <= 0 || slot == children->n_slots)
                return false;

        count_dead(children, slot, wait_status);
        child_close(children, &children->items[slot]);
        children->items[slot] = NO_CHILD;
        children->n--;
        scoreboard_mark_dead(children->board, slot);
        *ret_slot = slot;
        return true;
}
