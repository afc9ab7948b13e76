/* SPDX-License-Identifier: MIT */
#pragma once
/* What zygote.c (the life of the zygote) and zygote_orders.c (the manager's orders) share with each other and with
 * nobody else.
 *
 * Runs in: zygote. */

#include <stdbool.h>

#include "contract/message_queue.h"
#include "php/zygote/children.h"
#include "php/zygote/file_watch.h"
#include "php/zygote/zygote.h"

/* What an event of epoll is about. Lifelines have the number of their slot. */
enum {
        TAG_CONTROL = 1 << 16,
        TAG_SIGNAL,
        TAG_STATUS,
        TAG_SPARE,
        TAG_PATHS,
        TAG_FILES,
};

/* An order that can wait. */
typedef struct Order {
        struct Order *next;
        Message message;
} Order;

/* A worker that boots before it is needed. */
typedef struct Spare {
        SpareMain main; /* NULL: none is kept */
        bool is_ready;  /* it has booted */
        unsigned n_failures;
        uint64_t pause_usec; /* none is forked before this time */
} Spare;

struct Zygote {
        int control_fd; /* -EBADF once the manager has gone */
        int signal_fd, epoll_fd;
        Scoreboard *board;
        ZygoteHooks hooks;
        Children *children;
        MessageQueue reports; /* messages that the manager has not read yet */
        Order *first, **last; /* orders that can wait */
        uint64_t stacks_usec; /* spent on stacks of requests to be ended since the last order was followed */
        bool draining;
        pid_t keeper; /* 0: none runs */
        bool needs_room; /* EPOLLOUT of the control socket is wanted */
        bool watches_status;
        Spare spare;
        FileWatch *files;   /* NULL: none are watched */
        const SumTable *compiled; /* what was in them when they were compiled */
        bool lacks_watches; /* the journal has been told */
        int paths_fd;       /* on which workers say which */
        uint64_t kill_usec; /* when workers that still run are killed, 0: the manager does that */
        uint64_t status_pause_usec; /* no status worker is forked before this time */
};

/* Forks a worker, in which it does not return. Returns 0 or a negative errno. */
int zygote_fork(Zygote *zygote, unsigned slot);

/* Forks a process that writes to fd, which is borrowed, which scripts are in use. Without it fd is at its end. */
void zygote_list_scripts(Zygote *zygote, int fd);

/* Forks a process that notes them for the next start; the zygote does not leave before it has ended. */
void zygote_keep_scripts(Zygote *zygote);

/* Sends the manager a message, as soon as it reads. Does nothing when the manager has gone. */
void zygote_report(Zygote *zygote, MessageType type, unsigned slot, int value);

/* Child of a fork: closes and frees all that is the zygote's. */
void zygote_leave(Zygote *zygote);

/* Watches fd for input with that tag. Returns 0 or a negative errno. */
int zygote_watch(const Zygote *zygote, int fd, uint32_t tag);

/* --- zygote_spare.c --- */

/* Is to be called in each turn of the event loop: forks the spare worker when it is time. In the child it does not
 * return. */
void zygote_see_to_spare(Zygote *zygote);

/* Returns when zygote_see_to_spare() has something to do next, by CLOCK_MONOTONIC, or 0 if that is no matter of
 * time. */
uint64_t zygote_spare_usec(const Zygote *zygote);

/* Are to be called when something is to be read on the spare worker's lifeline; when a child has ended, where it
 * returns whether that was the spare worker; and when the spare worker is to leave. */
void zygote_on_spare(Zygote *zygote);
bool zygote_spare_ended(Zygote *zygote, pid_t pid, int wait_status);
void zygote_end_spare(Zygote *zygote);

/* Is to be called when a slot is asked for. Returns the pid of the spare worker, which has taken the slot, or
 * -ENOENT. */
pid_t zygote_use_spare(Zygote *zygote, unsigned slot);

/* --- zygote_files.c --- */

/* Do for the files that are watched what zygote_see_to_spare() and zygote_spare_usec() do for the spare worker. */
void zygote_see_to_files(Zygote *zygote);
uint64_t zygote_files_usec(const Zygote *zygote);

/* Are to be called when workers have named paths; when something has happened to a file; and in the child of a
 * fork. */
void zygote_on_paths(Zygote *zygote);
void zygote_on_files(Zygote *zygote);
void zygote_leave_files(Zygote *zygote);

/* --- zygote_orders.c --- */

/* Reads orders, and follows the urgent ones. */
void zygote_read_orders(Zygote *zygote);

/* Return whether an order waits that can be followed now; follow it. */
bool zygote_has_work(Zygote *zygote);
void zygote_work(Zygote *zygote);
