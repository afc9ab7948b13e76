/* SPDX-License-Identifier: MIT */
#include "php/worker/keepalive.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fd_pass.h"
#include "contract/handoff_message.h"

enum {
        TICK_MSEC = 2,
        STACK_BYTES = 128 * 1024,
        NOBODY = KEEPALIVE_MAX,
};

typedef struct Place {
        int fd; /* -EBADF: vacant */
        uint32_t serial;
        KeepalivePast past;
} Place;

struct Keepalive {
        int epoll_fd, handoff_in_fd, handoff_out_fd;
        const Scoreboard *board;

        /* The worker holds it, except during a request. It covers the places. */
        pthread_mutex_t mutex;
        bool shared; /* this request has let go of it */
        bool alone;  /* nobody is there to take anything */
        Place places[KEEPALIVE_MAX];
        size_t n_keepalive, borrowed;
        uint32_t serial;

        bool has_thread;
        pthread_t thread;
        _Atomic uint32_t turn; /* odd: a request runs */
        _Atomic bool asleep, stop;
};

int keepalive_new(Keepalive **ret, int epoll_fd, int handoff_in_fd, int handoff_out_fd,
                const Scoreboard *board) {
        _cleanup_free_ Keepalive *keepalive = calloc(1, sizeof(*keepalive));
        int r;

        if (!keepalive)
                return -ENOMEM;

        keepalive->epoll_fd = epoll_fd;
        keepalive->handoff_in_fd = handoff_in_fd;
        keepalive->handoff_out_fd = handoff_out_fd;
        keepalive->board = board;
        keepalive->borrowed = NOBODY;
        for (size_t i = 0; i < KEEPALIVE_MAX; i++)
                keepalive->places[i].fd = -EBADF;

        r = pthread_mutex_init(&keepalive->mutex, NULL);
        if (r > 0)
                return -r;

        (void) pthread_mutex_lock(&keepalive->mutex);
        *ret = TAKE_PTR(keepalive);
        return 0;
}

size_t keepalive_count(const Keepalive *keepalive) {
        return keepalive ? keepalive->n_keepalive : 0;
}

/* --- places --- */

static uint64_t tag_of(const Keepalive *keepalive, size_t i) {
        return (uint64_t) keepalive->places[i].serial << 32 | i;
}

static int watch(const Keepalive *keepalive, size_t i) {
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag_of(keepalive, i) };

        return epoll_ctl(keepalive->epoll_fd, EPOLL_CTL_ADD, keepalive->places[i].fd, &event) < 0
                               ? -errno
                               : 0;
}

/* Another process may have the same socket, a child that the script forked, so that close() alone would leave
 * it in the epoll. */
static void vacate(Keepalive *keepalive, size_t i) {
        (void) epoll_ctl(keepalive->epoll_fd, EPOLL_CTL_DEL, keepalive->places[i].fd, NULL);
        keepalive->places[i].fd = fd_close(keepalive->places[i].fd);
}

static int occupy(Keepalive *keepalive, int fd, const KeepalivePast *past) {
        int r;

        for (size_t i = 0; i < KEEPALIVE_MAX; i++) {
                if (keepalive->places[i].fd >= 0)
                        continue;

                /* A number that was never used before: events of the last tenant mean nothing to this one. */
                keepalive->serial = keepalive->serial < UINT32_MAX ? keepalive->serial + 1 : 1;
                keepalive->places[i] =
                                (Place){ .fd = fd, .serial = keepalive->serial, .past = *past };
                r = watch(keepalive, i);
                if (r < 0) {
                        keepalive->places[i].fd = -EBADF;
                        return r;
                }

                keepalive->n_keepalive++;
                return 0;
        }

        return -ENOBUFS;
}

/* The web server sees nothing of it. */
static int give(Keepalive *keepalive, size_t i) {
        const HandoffMessage message = { .since_usec = keepalive->places[i].past.since_usec };
        int r;

        r = fd_pass_send(keepalive->handoff_out_fd, &message, sizeof(message),
                        keepalive->places[i].fd, MSG_DONTWAIT);
        if (r < 0)
                return r;

        vacate(keepalive, i);
        keepalive->n_keepalive--;
        return 0;
}

static bool is_waiting(const Keepalive *keepalive, size_t i) {
        return keepalive->places[i].fd >= 0 && i != keepalive->borrowed;
}

static bool is_ready(const Keepalive *keepalive, size_t i) {
        struct pollfd pollfd = { .fd = keepalive->places[i].fd, .events = POLLIN };

        return is_waiting(keepalive, i) && poll(&pollfd, 1, 0) > 0;
}

void keepalive_hand_out_all(Keepalive *keepalive) {
        for (size_t i = 0; keepalive && i < KEEPALIVE_MAX; i++)
                if (is_waiting(keepalive, i) && give(keepalive, i) < 0)
                        return;
}

/* It has waited since one tick ago at most. One that nobody takes is looked at again: its time stays. */
static void give_ready(Keepalive *keepalive) {
        bool taken = true;

        for (size_t i = 0; i < KEEPALIVE_MAX; i++) {
                uint64_t *since_usec = &keepalive->places[i].past.since_usec;

                if ((!taken && *since_usec > 0) || !is_ready(keepalive, i))
                        continue;

                if (*since_usec == 0)
                        *since_usec = clock_now_usec();
                taken = taken && give(keepalive, i) >= 0;
        }
}

/* --- the thread --- */

static void tick(void) {
        const struct timespec time = { .tv_nsec = TICK_MSEC * 1000000L };

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void sleep_until_turn(Keepalive *keepalive, uint32_t turn) {
        atomic_store(&keepalive->asleep, true);
        if (!atomic_load(&keepalive->stop))
                (void) syscall(SYS_futex, &keepalive->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL,
                                0);
        atomic_store(&keepalive->asleep, false);
}

static void wake_thread(Keepalive *keepalive) {
        if (atomic_load(&keepalive->asleep))
                (void) syscall(SYS_futex, &keepalive->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Most requests are over before it is worth to bring in another worker. */
static void relieve(Keepalive *keepalive, uint32_t turn, bool takes_long) {
        bool someone_idle = !scoreboard_idle_below(keepalive->board, 1);

        if ((!takes_long && !someone_idle) ||
                        scoreboard_draining(keepalive->board) == DRAINING_ALONE)
                return;

        if (pthread_mutex_trylock(&keepalive->mutex) != 0)
                return;

        if (atomic_load(&keepalive->turn) == turn) {
                if (takes_long && someone_idle)
                        keepalive_hand_out_all(keepalive);
                else
                        give_ready(keepalive);
        }
        (void) pthread_mutex_unlock(&keepalive->mutex);
}

static void *thread_main(void *userdata) {
        Keepalive *keepalive = userdata;
        uint32_t turn, last;

        for (last = atomic_load(&keepalive->turn); !atomic_load(&keepalive->stop); last = turn) {
                tick();
                turn = atomic_load(&keepalive->turn);
                if (turn % 2 == 1)
                        relieve(keepalive, turn, turn == last);
                else if (turn == last)
                        sleep_until_turn(keepalive, turn);
        }

        return NULL;
}

/* No signal is for it: PHP's timer means the thread that runs PHP. */
static int start_thread(Keepalive *keepalive) {
        pthread_attr_t attributes;
        sigset_t all, before;
        int r;

        if (keepalive->has_thread)
                return 0;

        r = pthread_attr_init(&attributes);
        if (r > 0)
                return -r;

        sigfillset(&all);
        (void) pthread_attr_setstacksize(&attributes, STACK_BYTES);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&keepalive->thread, &attributes, thread_main, keepalive);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void) pthread_attr_destroy(&attributes);
        keepalive->has_thread = r == 0;
        return -r;
}

static void stop_thread(Keepalive *keepalive) {
        if (!keepalive->has_thread)
                return;

        atomic_store(&keepalive->stop, true);
        atomic_fetch_add(&keepalive->turn, 2);
        wake_thread(keepalive);
        (void) pthread_join(keepalive->thread, NULL);
}

Keepalive *keepalive_free(Keepalive *keepalive) {
        if (!keepalive)
                return NULL;

        stop_thread(keepalive);
        for (size_t i = 0; i < KEEPALIVE_MAX; i++)
                fd_close(keepalive->places[i].fd);
        (void) pthread_mutex_unlock(&keepalive->mutex);
        (void) pthread_mutex_destroy(&keepalive->mutex);
        free(keepalive);
        return NULL;
}

/* --- what the worker does --- */

void keepalive_begin_request(Keepalive *keepalive) {
        if (!keepalive || keepalive->n_keepalive == 0 || keepalive->alone)
                return;

        keepalive->shared = true;
        atomic_fetch_add(&keepalive->turn, 1);
        (void) pthread_mutex_unlock(&keepalive->mutex);
        wake_thread(keepalive);
}

void keepalive_end_request(Keepalive *keepalive) {
        if (!keepalive || !keepalive->shared)
                return;

        (void) pthread_mutex_lock(&keepalive->mutex);
        atomic_fetch_add(&keepalive->turn, 1);
        keepalive->shared = false;
}

static int borrow(Keepalive *keepalive, size_t i) {
        keepalive->borrowed = i;
        keepalive->n_keepalive--;
        keepalive->places[i].past = (KeepalivePast){};
        return keepalive->places[i].fd;
}

int keepalive_borrow(Keepalive *keepalive, uint64_t tag, KeepalivePast *ret_past) {
        size_t i = (size_t) (tag & UINT32_MAX);

        if (i >= KEEPALIVE_MAX || keepalive->places[i].fd < 0 || tag != tag_of(keepalive, i))
                return -ENOENT;

        *ret_past = keepalive->places[i].past;
        return borrow(keepalive, i);
}

int keepalive_borrow_ready(Keepalive *keepalive, size_t *place) {
        while (keepalive && *place < KEEPALIVE_MAX) {
                size_t i = (*place)++;

                if (is_ready(keepalive, i))
                        return borrow(keepalive, i);
        }

        return -ENOENT;
}

static int keep_new(Keepalive *keepalive, int fd, const KeepalivePast *past) {
        int r;

        r = keepalive->alone ? 0 : start_thread(keepalive);
        if (r >= 0)
                r = occupy(keepalive, fd, past);
        if (r < 0)
                fd_close(fd);

        return r;
}

int keepalive_add(Keepalive *keepalive, int fd) {
        if (keepalive && keepalive->borrowed != NOBODY) {
                keepalive->borrowed = NOBODY;
                keepalive->n_keepalive++;
                return 0;
        }

        if (keepalive)
                return keep_new(keepalive, fd, &(KeepalivePast){});

        fd_close(fd);
        return -ENOBUFS;
}

void keepalive_close(Keepalive *keepalive, int fd) {
        if (!keepalive || keepalive->borrowed == NOBODY) {
                fd_close(fd);
                return;
        }

        if (keepalive->shared)
                (void) pthread_mutex_lock(&keepalive->mutex);
        vacate(keepalive, keepalive->borrowed);
        keepalive->borrowed = NOBODY;
        if (keepalive->shared)
                (void) pthread_mutex_unlock(&keepalive->mutex);
}

void keepalive_cover_fds(const Keepalive *keepalive, int blank_fd) {
        for (size_t i = 0; keepalive && i < KEEPALIVE_MAX; i++)
                fd_cover(keepalive->places[i].fd, blank_fd);
}

int keepalive_receive(Keepalive *keepalive) {
        KeepalivePast past = { .is_taken = true };
        HandoffMessage message;
        int fd = -EBADF, n;

        n = fd_pass_receive(keepalive->handoff_in_fd, &message, sizeof(message), &fd, MSG_DONTWAIT);
        if (n < 0)
                return n;
        if (fd < 0)
                return -EAGAIN;

        if (n == sizeof(message))
                past.since_usec = message.since_usec;
        return keep_new(keepalive, fd, &past);
}

void keepalive_stop_handoff(Keepalive *keepalive) {
        if (keepalive)
                keepalive->alone = true;
}

void keepalive_take_in_all(Keepalive *keepalive) {
        while (keepalive && keepalive->n_keepalive < KEEPALIVE_MAX &&
                        keepalive_receive(keepalive) >= 0)
                ;
}
