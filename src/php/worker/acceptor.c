/* SPDX-License-Identifier: MIT */
#include "php/worker/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "php/worker/accept_queue.h"
#include "php/worker/wait_queues.h"

enum {
        EVENTS_MAX = 16,

        /* Listeners have numbers from 0 on, kept connections from KEEPALIVE_TAG_FIRST on. */
        TAG_HANDOFF = WAIT_QUEUES_TAG_HANDOFF,
        TAG_LIFELINE,

        /* How many connections are moved into the pair at once, and how many may wait there before none are moved. */
        MOVE_MAX = 16,
        HANDED_OVER_MAX = 128,

        /* A worker that never sleeps checks its lifeline once in so many requests, in case that manager and zygote were
         * both killed and neither has written an order; and checks the pair. */
        CHECK_REQUESTS = 64,
        PAUSE_MSEC = 100,

        /* So often a listener may wake a worker for nothing: another one was faster. */
        VAIN_MAX = 4,
};

/* How long a request may wait for the worker to which it came. */
#define PATIENCE_USEC 4000

/* How often a worker that never sleeps checks the pair: without and with kept connections in the pool. */
#define CHECK_SELDOM_USEC 250000
#define CHECK_OFTEN_USEC 5000

struct Acceptor {
        int epoll_fd, lifeline_fd;
        WaitQueues wait_queues;
        Keepalive *keepalive;
        Scoreboard *board; /* NULL: nothing is kept */
        AcceptQueue queue;

        uint64_t tags[EVENTS_MAX]; /* kept connections that epoll_wait() found, from next_tag on not served */
        size_t n_tags, next_tag;
        uint64_t tags_usec;  /* when it found them */
        bool listeners_wait; /* there may be more at the listeners */
        unsigned n_vain;     /* times in a row that there were none */
        bool handoff_waits;  /* there may be more in the pair */
        bool handoff_is_late; /* and the connection that was found there last had waited for too long */
        bool turn_of_listeners, turn_of_handoff;
        bool hung_up;

        bool has_slept;
        unsigned n_since_check; /* requests since the last check of lifeline and pair */
        uint64_t checked_usec;

        size_t n_listen_fds;
        int listen_fds[];
};

static int open_epoll(Acceptor *acceptor) {
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = TAG_LIFELINE };

        acceptor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (acceptor->epoll_fd < 0)
                return -errno;
        if (epoll_ctl(acceptor->epoll_fd, EPOLL_CTL_ADD, acceptor->lifeline_fd, &event) < 0)
                return -errno;

        acceptor->wait_queues = (WaitQueues){
                .epoll_fd = acceptor->epoll_fd,
                .listen_fds = acceptor->listen_fds,
                .n_listen_fds = acceptor->n_listen_fds,
                .handoff_in_fd = -EBADF,
        };
        return wait_queues_step_in(&acceptor->wait_queues, false);
}

int acceptor_new(Acceptor **ret, const int listen_fds[], size_t n_listen_fds, int lifeline_fd) {
        _cleanup_(acceptor_freep) Acceptor *acceptor = NULL;
        int r;

        acceptor = calloc(1, sizeof(*acceptor) + n_listen_fds * sizeof(int));
        if (!acceptor)
                return -ENOMEM;

        acceptor->epoll_fd = -EBADF;
        acceptor->lifeline_fd = lifeline_fd;
        acceptor->n_listen_fds = n_listen_fds;
        memcpy(acceptor->listen_fds, listen_fds, n_listen_fds * sizeof(int));
        acceptor->queue = (AcceptQueue){
                .listen_fds = acceptor->listen_fds,
                .n_listen_fds = n_listen_fds,
        };
        r = open_epoll(acceptor);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(acceptor);
        return 0;
}

Acceptor *acceptor_free(Acceptor *acceptor) {
        if (!acceptor)
                return NULL;

        keepalive_free(acceptor->keepalive);
        fd_close(acceptor->epoll_fd);
        free(acceptor);
        return NULL;
}

int acceptor_keep(Acceptor *acceptor, int handoff_in_fd, int handoff_out_fd, Scoreboard *board,
                unsigned slot) {
        int r;

        acceptor->wait_queues.handoff_in_fd = handoff_in_fd;
        acceptor->board = board;
        acceptor->wait_queues.board = board;
        acceptor->wait_queues.slot = slot;
        r = wait_queues_step_in(&acceptor->wait_queues, true);
        if (r < 0)
                return r;

        return keepalive_new(&acceptor->keepalive, acceptor->epoll_fd, handoff_in_fd,
                        handoff_out_fd, board);
}

Keepalive *acceptor_keepalive(Acceptor *acceptor) {
        return acceptor->keepalive;
}

void acceptor_cover_fds(const Acceptor *acceptor, int blank_fd) {
        for (size_t i = 0; i < acceptor->n_listen_fds; i++)
                fd_cover(acceptor->listen_fds[i], blank_fd);
        fd_cover(acceptor->epoll_fd, blank_fd);
        fd_cover(acceptor->lifeline_fd, blank_fd);
        keepalive_cover_fds(acceptor->keepalive, blank_fd);
}

void acceptor_number(Acceptor *acceptor, Scoreboard *board) {
        acceptor->queue.board = board;
}

/* --- listeners --- */

static int accept_any(Acceptor *acceptor, Arrival *ret) {
        Arrival arrival = {};

        arrival.fd = accept_queue_next(&acceptor->queue, &arrival.is_late);
        acceptor->n_vain = arrival.fd == -EAGAIN && acceptor->listeners_wait ? acceptor->n_vain + 1
                                                                             : 0;
        if (acceptor->n_vain >= VAIN_MAX)
                accept_queue_finish_shutdown(&acceptor->queue);
        if (arrival.fd < 0) {
                acceptor->listeners_wait = acceptor->listeners_wait && arrival.fd != -EAGAIN;
                return arrival.fd;
        }

        *ret = arrival;
        return 0;
}

/* A listener that was shut down would be ready for ever. */
static void drop_listener(Acceptor *acceptor, size_t queue) {
        wait_queues_drop_listener(&acceptor->wait_queues, queue);
        acceptor->hung_up = true;
}

/* Does the same for the pair: connections of this worker are served here from now on. */
static void drop_handoff(Acceptor *acceptor) {
        wait_queues_drop_handoff(&acceptor->wait_queues);
        acceptor->handoff_waits = false;
        acceptor->hung_up = true;
}

bool acceptor_take_hangup(Acceptor *acceptor) {
        bool hung_up = acceptor->hung_up;

        acceptor->hung_up = false;
        return hung_up;
}

/* --- epoll --- */

static void note_event(Acceptor *acceptor, const struct epoll_event *event) {
        uint64_t tag = event->data.u64;

        if (tag >= KEEPALIVE_TAG_FIRST) {
                keepalive_note_arrival(acceptor->keepalive, tag, acceptor->tags_usec);
                acceptor->tags[acceptor->n_tags++] = tag;
        } else if (tag == TAG_HANDOFF && event->events & (EPOLLHUP | EPOLLERR))
                drop_handoff(acceptor);
        else if (tag == TAG_HANDOFF)
                acceptor->handoff_waits = true;
        else if (tag < acceptor->n_listen_fds && event->events & (EPOLLHUP | EPOLLERR))
                drop_listener(acceptor, tag);
        else if (tag < acceptor->n_listen_fds)
                acceptor->listeners_wait = acceptor->turn_of_listeners = true;
}

static int lifeline_event(const struct epoll_event events[], int n) {
        for (int i = 0; i < n; i++)
                if (events[i].data.u64 == TAG_LIFELINE)
                        /* The end of a pipe whose other end closes reports EPOLLHUP, asked for or not. */
                        return events[i].events & (EPOLLHUP | EPOLLERR) ? -ESHUTDOWN : 1;

        return 0;
}

/* A connection at a listener or in the pair wakes one worker only, this one, so these come first. */
static int find_events(Acceptor *acceptor, int timeout_msec) {
        struct epoll_event events[EVENTS_MAX];
        int n;

        acceptor->n_tags = acceptor->next_tag = 0;
        n = epoll_wait(acceptor->epoll_fd, events, EVENTS_MAX, timeout_msec);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ETIMEDOUT;

        if (keepalive_count(acceptor->keepalive) > 0)
                acceptor->tags_usec = clock_now_usec();
        for (int i = 0; i < n; i++)
                note_event(acceptor, &events[i]);

        return lifeline_event(events, n);
}

/* --- the pair --- */

/* A connection that has waited for too long at the listener is answered as late, by whatever way it comes to its
 * worker. */
static int move_one(Acceptor *acceptor, uint64_t now_usec) {
        Arrival arrival;
        KeepalivePast past = { .is_taken = true };
        int r;

        r = accept_any(acceptor, &arrival);
        if (r < 0)
                return r;

        past.since_usec = arrival.is_late ? 1 : now_usec;
        r = keepalive_send(acceptor->keepalive, arrival.fd, past.since_usec);
        if (r < 0) {
                (void) keepalive_put(acceptor->keepalive, arrival.fd, &past);
                return r;
        }

        fd_close(arrival.fd);
        return 0;
}

static void move_listeners(Acceptor *acceptor, uint64_t now_usec) {
        if (keepalive_n_handed_over(acceptor->keepalive) >= HANDED_OVER_MAX)
                return;

        for (size_t i = 0; i < MOVE_MAX && keepalive_has_room(acceptor->keepalive); i++)
                if (move_one(acceptor, now_usec) < 0)
                        return;
}

/* Those that came to this worker a moment ago stay. */
static void move_own(Acceptor *acceptor, size_t first, uint64_t now_usec) {
        for (size_t i = first; i < acceptor->n_tags; i++)
                if (keepalive_hand_over(acceptor->keepalive, acceptor->tags[i],
                                    now_usec - PATIENCE_USEC) >= 0)
                        acceptor->handoff_waits = true;
}

/* Connections at the listeners have woken this worker alone, and would wait for it although others are idle. */
static bool should_move_listeners(const Acceptor *acceptor) {
        return acceptor->handoff_is_late ||
               (acceptor->listeners_wait && !scoreboard_idle_below(acceptor->board, 1));
}

/* Before the worker serves a connection from the pair, it puts those into the pair that have waited elsewhere for as
 * long. */
static void move_all(Acceptor *acceptor, uint64_t now_usec) {
        if (acceptor->handoff_is_late && keepalive_count(acceptor->keepalive) > 0) {
                (void) find_events(acceptor, 0);
                move_own(acceptor, 0, now_usec);
        }
        if (should_move_listeners(acceptor))
                move_listeners(acceptor, now_usec);
}

/* Returns 0 with a connection on which a request waits; connections without one are kept. A worker that keeps as many
 * as it can leaves the rest to others, such as those that come after a restart. */
static int take(Acceptor *acceptor, uint64_t now_usec, Arrival *ret) {
        for (unsigned i = 0; i < MOVE_MAX && keepalive_has_room(acceptor->keepalive); i++) {
                Arrival arrival = { .is_keepalive = true, .is_from_pair = true };

                arrival.fd = keepalive_receive(acceptor->keepalive, &arrival.past);
                if (arrival.fd < 0) {
                        acceptor->handoff_waits = acceptor->handoff_is_late = false;
                        return arrival.fd == -ESHUTDOWN ? -EAGAIN : arrival.fd;
                }
                if (arrival.past.since_usec == 0) {
                        (void) keepalive_put(acceptor->keepalive, arrival.fd, &arrival.past);
                        continue;
                }

                acceptor->handoff_is_late = now_usec > arrival.past.since_usec + PATIENCE_USEC;
                move_all(acceptor, now_usec);
                *ret = arrival;
                return 0;
        }

        acceptor->handoff_waits = keepalive_has_room(acceptor->keepalive);
        return -EAGAIN;
}

/* --- what is next --- */

static int borrow(Acceptor *acceptor, uint64_t tag, Arrival *ret) {
        Arrival arrival = { .is_keepalive = true };

        arrival.fd = keepalive_borrow(acceptor->keepalive, tag, &arrival.past);
        if (arrival.fd < 0)
                return -EAGAIN;

        *ret = arrival;
        return 0;
}

/* New connections, and the kept ones that epoll has found, in turn. */
static int try_own(Acceptor *acceptor, uint64_t now_usec, Arrival *ret) {
        bool asks_epoll = keepalive_count(acceptor->keepalive) > 0;
        int r;

        if (!asks_epoll && acceptor->next_tag >= acceptor->n_tags)
                return accept_any(acceptor, ret);

        if (acceptor->next_tag < acceptor->n_tags &&
                        now_usec >= acceptor->tags_usec + PATIENCE_USEC)
                move_own(acceptor, acceptor->next_tag + 1, now_usec);

        if (acceptor->listeners_wait && acceptor->turn_of_listeners) {
                acceptor->turn_of_listeners = false;
                r = accept_any(acceptor, ret);
                if (r != -EAGAIN)
                        return r;
        }

        acceptor->turn_of_listeners = true;
        while (acceptor->next_tag < acceptor->n_tags) {
                r = borrow(acceptor, acceptor->tags[acceptor->next_tag++], ret);
                if (r != -EAGAIN)
                        return r;
        }

        acceptor->turn_of_listeners = false;
        return asks_epoll ? -EAGAIN : accept_any(acceptor, ret);
}

/* A request that has waited for too long in the pair comes before all others; otherwise the pair and the rest take
 * turns. */
static bool is_turn_of_handoff(Acceptor *acceptor) {
        acceptor->turn_of_handoff = acceptor->handoff_waits &&
                                    (acceptor->handoff_is_late || !acceptor->turn_of_handoff);
        return acceptor->turn_of_handoff;
}

static int find_next(Acceptor *acceptor, uint64_t now_usec, Arrival *ret) {
        bool handoff_is_first = is_turn_of_handoff(acceptor);
        int r = -EAGAIN;

        if (handoff_is_first)
                r = take(acceptor, now_usec, ret);
        if (r == -EAGAIN)
                r = try_own(acceptor, now_usec, ret);
        if (r == -EAGAIN && acceptor->handoff_waits && !handoff_is_first)
                r = take(acceptor, now_usec, ret);

        return r;
}

int acceptor_try(Acceptor *acceptor, uint64_t now_usec, Arrival *ret) {
        int r;

        wait_queues_end_request(&acceptor->wait_queues, now_usec);
        r = find_next(acceptor, now_usec, ret);
        if (r < 0)
                return r;

        wait_queues_begin_request(&acceptor->wait_queues, now_usec, acceptor->has_slept);
        return 0;
}

int acceptor_wait(Acceptor *acceptor, int timeout_msec) {
        /* Where the kernel has no memory for it, nothing would wake this worker: it looks again in a moment. */
        if (wait_queues_step_in(&acceptor->wait_queues, keepalive_has_room(acceptor->keepalive)) <
                        0)
                return acceptor_pause(acceptor);

        acceptor->has_slept = true;
        return find_events(acceptor, timeout_msec);
}

int acceptor_pause(Acceptor *acceptor) {
        struct pollfd pollfd = { .fd = acceptor->lifeline_fd, .events = POLLIN };

        if (poll(&pollfd, 1, PAUSE_MSEC) <= 0)
                return 0;

        return pollfd.revents & (POLLHUP | POLLERR) ? -ESHUTDOWN : 1;
}

bool acceptor_must_leave(Acceptor *acceptor, uint64_t now_usec) {
        struct pollfd pollfds[] = {
                { .fd = acceptor->lifeline_fd },
                { .fd = acceptor->wait_queues.handoff_in_fd, .events = POLLIN },
        };
        bool often = acceptor->board && scoreboard_has_keepalive(acceptor->board);

        if (acceptor->has_slept) { /* epoll has looked at both */
                acceptor->has_slept = false;
                acceptor->n_since_check = 0;
                acceptor->checked_usec = now_usec;
        }
        if (++acceptor->n_since_check < CHECK_REQUESTS &&
                        now_usec < acceptor->checked_usec + (often ? CHECK_OFTEN_USEC
                                                                   : CHECK_SELDOM_USEC))
                return false;

        acceptor->n_since_check = 0;
        acceptor->checked_usec = now_usec;
        (void) poll(pollfds, 2, 0);
        if (pollfds[1].revents)
                acceptor->handoff_waits = true;

        return pollfds[0].revents != 0;
}
