/* SPDX-License-Identifier: MIT */
#include "php/worker/wait_queues.h"

#include <errno.h>
#include <sys/epoll.h>

/* A short request. */
#define SHORT_USEC 4000

static int watch(const WaitQueues *queues, int fd, uint64_t tag) {
        struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.u64 = tag };

        return epoll_ctl(queues->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void unwatch(const WaitQueues *queues, int fd) {
        (void) epoll_ctl(queues->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void leave_listeners(WaitQueues *queues) {
        for (size_t i = 0; i < queues->n_listen_fds; i++)
                unwatch(queues, queues->listen_fds[i]);
        queues->at_listeners = false;
}

static int enter_listeners(WaitQueues *queues) {
        int r;

        for (size_t i = 0; i < queues->n_listen_fds; i++) {
                if (queues->hung_up_listeners >> i & 1)
                        continue;

                r = watch(queues, queues->listen_fds[i], i);
                if (r < 0) {
                        leave_listeners(queues);
                        return r;
                }
        }

        queues->at_listeners = true;
        return 0;
}

static int set_handoff(WaitQueues *queues, bool on) {
        int r = 0;

        if (on)
                r = watch(queues, queues->handoff_in_fd, WAIT_QUEUES_TAG_HANDOFF);
        else
                unwatch(queues, queues->handoff_in_fd);

        queues->at_handoff = on && r >= 0;
        return r;
}

int wait_queues_step_in(WaitQueues *queues, bool with_handoff) {
        int r;

        if (queues->lingers)
                scoreboard_end_lingering(queues->board, queues->slot);
        queues->lingers = false;

        r = queues->at_listeners ? 0 : enter_listeners(queues);
        if (r >= 0 && queues->handoff_in_fd >= 0 && queues->at_handoff != with_handoff)
                r = set_handoff(queues, with_handoff);

        return r;
}

static bool may_stay(WaitQueues *queues) {
        if (scoreboard_busy_below(queues->board, WAIT_QUEUES_BUSY_MAX))
                return true;

        queues->lingers = queues->n_short >= WAIT_QUEUES_SHORT_RUN &&
                          scoreboard_linger(queues->board, queues->slot, WAIT_QUEUES_LINGERING_MAX);
        return queues->lingers;
}

void wait_queues_begin_request(WaitQueues *queues, uint64_t now_usec, bool has_slept) {
        queues->began_usec = now_usec;
        if (!has_slept || !queues->board || may_stay(queues))
                return;

        if (queues->at_listeners)
                leave_listeners(queues);
        if (queues->at_handoff)
                (void) set_handoff(queues, false);
}

void wait_queues_end_request(WaitQueues *queues, uint64_t now_usec) {
        if (queues->began_usec == 0)
                return;

        queues->n_short = now_usec < queues->began_usec + SHORT_USEC ? queues->n_short + 1 : 0;
        queues->began_usec = 0;
}

void wait_queues_drop_listener(WaitQueues *queues, size_t listener) {
        queues->hung_up_listeners |= UINT64_C(1) << listener;
        unwatch(queues, queues->listen_fds[listener]);
}

void wait_queues_drop_handoff(WaitQueues *queues) {
        (void) set_handoff(queues, false);
        queues->handoff_in_fd = -EBADF;
}
