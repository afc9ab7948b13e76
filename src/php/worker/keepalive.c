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
        NOBODY = KEPT_MAX,
};

typedef struct Place {
        int fd; /* -EBADF: vacant */
        uint32_t serial;
        KeptPast past;
} Place;

struct Kept {
        int epoll_fd, take_fd, give_fd;
        const Scoreboard *board;

        /* The worker holds it, except during a request. It covers the places. */
        pthread_mutex_t mutex;
        bool shared; /* this request has let go of it */
        bool alone;  /* nobody is there to take anything */
        Place places[KEPT_MAX];
        size_t n_kept, borrowed;
        uint32_t serial;

        bool has_thread;
        pthread_t thread;
        _Atomic uint32_t turn; /* odd: a request runs */
        _Atomic bool asleep, stop;
};

int kept_new(Kept **ret, int epoll_fd, int take_fd, int give_fd, const Scoreboard *board) {
        _cleanup_free_ Kept *kept = calloc(1, sizeof(*kept));
        int r;

        if (!kept)
                return -ENOMEM;

        kept->epoll_fd = epoll_fd;
        kept->take_fd = take_fd;
        kept->give_fd = give_fd;
        kept->board = board;
        kept->borrowed = NOBODY;
        for (size_t i = 0; i < KEPT_MAX; i++)
                kept->places[i].fd = -EBADF;

        r = pthread_mutex_init(&kept->mutex, NULL);
        if (r > 0)
                return -r;

        (void) pthread_mutex_lock(&kept->mutex);
        *ret = TAKE_PTR(kept);
        return 0;
}

size_t kept_count(const Kept *kept) {
        return kept ? kept->n_kept : 0;
}

/* --- places --- */

static uint64_t tag_of(const Kept *kept, size_t i) {
        return (uint64_t) kept->places[i].serial << 32 | i;
}

static int watch(const Kept *kept, size_t i) {
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag_of(kept, i) };

        return epoll_ctl(kept->epoll_fd, EPOLL_CTL_ADD, kept->places[i].fd, &event) < 0 ? -errno
                                                                                        : 0;
}

/* Another process may have the same socket, a child that the script forked, so that close() alone would leave
 * it in the epoll. */
static void vacate(Kept *kept, size_t i) {
        (void) epoll_ctl(kept->epoll_fd, EPOLL_CTL_DEL, kept->places[i].fd, NULL);
        kept->places[i].fd = fd_close(kept->places[i].fd);
}

static int occupy(Kept *kept, int fd, const KeptPast *past) {
        int r;

        for (size_t i = 0; i < KEPT_MAX; i++) {
                if (kept->places[i].fd >= 0)
                        continue;

                /* A number that was never used before: events of the last tenant mean nothing to this one. */
                kept->serial = kept->serial < UINT32_MAX ? kept->serial + 1 : 1;
                kept->places[i] = (Place){ .fd = fd, .serial = kept->serial, .past = *past };
                r = watch(kept, i);
                if (r < 0) {
                        kept->places[i].fd = -EBADF;
                        return r;
                }

                kept->n_kept++;
                return 0;
        }

        return -ENOBUFS;
}

/* The web server sees nothing of it. */
static int give(Kept *kept, size_t i) {
        const KeptMessage message = { .since_usec = kept->places[i].past.since_usec };
        int r;

        r = fd_pass_send(
                        kept->give_fd, &message, sizeof(message), kept->places[i].fd, MSG_DONTWAIT);
        if (r < 0)
                return r;

        vacate(kept, i);
        kept->n_kept--;
        return 0;
}

static bool is_waiting(const Kept *kept, size_t i) {
        return kept->places[i].fd >= 0 && i != kept->borrowed;
}

static bool is_ready(const Kept *kept, size_t i) {
        struct pollfd pollfd = { .fd = kept->places[i].fd, .events = POLLIN };

        return is_waiting(kept, i) && poll(&pollfd, 1, 0) > 0;
}

void kept_give_all(Kept *kept) {
        for (size_t i = 0; kept && i < KEPT_MAX; i++)
                if (is_waiting(kept, i) && give(kept, i) < 0)
                        return;
}

/* It has waited since one tick ago at most. One that nobody takes is looked at again: its time stays. */
static void give_ready(Kept *kept) {
        bool taken = true;

        for (size_t i = 0; i < KEPT_MAX; i++) {
                uint64_t *since_usec = &kept->places[i].past.since_usec;

                if ((!taken && *since_usec > 0) || !is_ready(kept, i))
                        continue;

                if (*since_usec == 0)
                        *since_usec = clock_now_usec();
                taken = taken && give(kept, i) >= 0;
        }
}

/* --- the thread --- */

static void tick(void) {
        const struct timespec time = { .tv_nsec = TICK_MSEC * 1000000L };

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void sleep_until_turn(Kept *kept, uint32_t turn) {
        atomic_store(&kept->asleep, true);
        if (!atomic_load(&kept->stop))
                (void) syscall(SYS_futex, &kept->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
        atomic_store(&kept->asleep, false);
}

static void wake_thread(Kept *kept) {
        if (atomic_load(&kept->asleep))
                (void) syscall(SYS_futex, &kept->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Most requests are over before it is worth to bring in another worker. */
static void relieve(Kept *kept, uint32_t turn, bool takes_long) {
        bool someone_idle = !scoreboard_idle_below(kept->board, 1);

        if ((!takes_long && !someone_idle) || scoreboard_draining(kept->board) == DRAINING_ALONE)
                return;

        if (pthread_mutex_trylock(&kept->mutex) != 0)
                return;

        if (atomic_load(&kept->turn) == turn) {
                if (takes_long && someone_idle)
                        kept_give_all(kept);
                else
                        give_ready(kept);
        }
        (void) pthread_mutex_unlock(&kept->mutex);
}

static void *thread_main(void *userdata) {
        Kept *kept = userdata;
        uint32_t turn, last;

        for (last = atomic_load(&kept->turn); !atomic_load(&kept->stop); last = turn) {
                tick();
                turn = atomic_load(&kept->turn);
                if (turn % 2 == 1)
                        relieve(kept, turn, turn == last);
                else if (turn == last)
                        sleep_until_turn(kept, turn);
        }

        return NULL;
}

/* No signal is for it: PHP's timer means the thread that runs PHP. */
static int start_thread(Kept *kept) {
        pthread_attr_t attributes;
        sigset_t all, before;
        int r;

        if (kept->has_thread)
                return 0;

        r = pthread_attr_init(&attributes);
        if (r > 0)
                return -r;

        sigfillset(&all);
        (void) pthread_attr_setstacksize(&attributes, STACK_BYTES);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&kept->thread, &attributes, thread_main, kept);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void) pthread_attr_destroy(&attributes);
        kept->has_thread = r == 0;
        return -r;
}

static void stop_thread(Kept *kept) {
        if (!kept->has_thread)
                return;

        atomic_store(&kept->stop, true);
        atomic_fetch_add(&kept->turn, 2);
        wake_thread(kept);
        (void) pthread_join(kept->thread, NULL);
}

Kept *kept_free(Kept *kept) {
        if (!kept)
                return NULL;

        stop_thread(kept);
        for (size_t i = 0; i < KEPT_MAX; i++)
                fd_close(kept->places[i].fd);
        (void) pthread_mutex_unlock(&kept->mutex);
        (void) pthread_mutex_destroy(&kept->mutex);
        free(kept);
        return NULL;
}

/* --- what the worker does --- */

void kept_begin_request(Kept *kept) {
        if (!kept || kept->n_kept == 0 || kept->alone)
                return;

        kept->shared = true;
        atomic_fetch_add(&kept->turn, 1);
        (void) pthread_mutex_unlock(&kept->mutex);
        wake_thread(kept);
}

void kept_end_request(Kept *kept) {
        if (!kept || !kept->shared)
                return;

        (void) pthread_mutex_lock(&kept->mutex);
        atomic_fetch_add(&kept->turn, 1);
        kept->shared = false;
}

static int borrow(Kept *kept, size_t i) {
        kept->borrowed = i;
        kept->n_kept--;
        kept->places[i].past = (KeptPast){};
        return kept->places[i].fd;
}

int kept_borrow(Kept *kept, uint64_t tag, KeptPast *ret_past) {
        size_t i = (size_t) (tag & UINT32_MAX);

        if (i >= KEPT_MAX || kept->places[i].fd < 0 || tag != tag_of(kept, i))
                return -ENOENT;

        *ret_past = kept->places[i].past;
        return borrow(kept, i);
}

int kept_borrow_ready(Kept *kept, size_t *place) {
        while (kept && *place < KEPT_MAX) {
                size_t i = (*place)++;

                if (is_ready(kept, i))
                        return borrow(kept, i);
        }

        return -ENOENT;
}

static int keep_new(Kept *kept, int fd, const KeptPast *past) {
        int r;

        r = kept->alone ? 0 : start_thread(kept);
        if (r >= 0)
                r = occupy(kept, fd, past);
        if (r < 0)
                fd_close(fd);

        return r;
}

int kept_keep(Kept *kept, int fd) {
        if (kept && kept->borrowed != NOBODY) {
                kept->borrowed = NOBODY;
                kept->n_kept++;
                return 0;
        }

        if (kept)
                return keep_new(kept, fd, &(KeptPast){});

        fd_close(fd);
        return -ENOBUFS;
}

void kept_close(Kept *kept, int fd) {
        if (!kept || kept->borrowed == NOBODY) {
                fd_close(fd);
                return;
        }

        if (kept->shared)
                (void) pthread_mutex_lock(&kept->mutex);
        vacate(kept, kept->borrowed);
        kept->borrowed = NOBODY;
        if (kept->shared)
                (void) pthread_mutex_unlock(&kept->mutex);
}

int kept_receive(Kept *kept) {
        KeptPast past = { .is_taken = true };
        KeptMessage message;
        int fd = -EBADF, n;

        n = fd_pass_receive(kept->take_fd, &message, sizeof(message), &fd, MSG_DONTWAIT);
        if (n < 0)
                return n;
        if (fd < 0)
                return -EAGAIN;

        if (n == sizeof(message))
                past.since_usec = message.since_usec;
        return keep_new(kept, fd, &past);
}

void kept_stay_alone(Kept *kept) {
        if (kept)
                kept->alone = true;
}

void kept_take_all(Kept *kept) {
        while (kept && kept->n_kept < KEPT_MAX && kept_receive(kept) >= 0)
                ;
}
