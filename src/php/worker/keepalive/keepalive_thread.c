/* SPDX-License-Identifier: MIT */
#include "php/worker/keepalive/keepalive_thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

enum {
        TICK_MSEC = 2,
        RETRY_MSEC = 20, /* what could not be handed over is tried again */
        LONG_CHECK_MSEC =
                        1000, /* the longest time between two checks whether another worker is idle */
        STACK_BYTES = 128 * 1024,
        EVENTS_MAX = 16,
};

/* No connection has it (keepalive_table.h). */
#define TAG_STOP UINT64_C(0)

struct KeepaliveThread {
        KeepaliveCheckHook hook;
        void *userdata;
        int epoll_fd;

        pthread_mutex_t mutex;
        bool shared; /* the worker has let go of the mutex for the request that runs */

        pthread_t thread;
        _Atomic uint32_t turn;
        _Atomic bool asleep, stop;
};

/* --- the thread --- */

static void tick(void) {
        const struct timespec time = { .tv_nsec = TICK_MSEC * 1000000L };

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void sleep_until_turn(KeepaliveThread *thread, uint32_t turn) {
        atomic_store(&thread->asleep, true);
        if (!atomic_load(&thread->stop))
                (void) syscall(SYS_futex, &thread->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
        atomic_store(&thread->asleep, false);
}

static void wake(KeepaliveThread *thread) {
        if (atomic_load(&thread->asleep))
                (void) syscall(SYS_futex, &thread->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Returns whether something has to be tried again soon. */
static bool check(KeepaliveThread *thread, uint32_t turn, KeepaliveCheck kind,
                const uint64_t tags[], size_t n_tags) {
        bool again = false;

        if (pthread_mutex_trylock(&thread->mutex) != 0)
                return true;

        if (atomic_load(&thread->turn) == turn)
                again = thread->hook(kind, tags, n_tags, thread->userdata);
        (void) pthread_mutex_unlock(&thread->mutex);
        return again;
}

static int next_timeout(int timeout_msec, bool again) {
        if (again)
                return RETRY_MSEC;

        return timeout_msec < LONG_CHECK_MSEC / 2 ? timeout_msec * 2 : LONG_CHECK_MSEC;
}

static void watch_long_request(KeepaliveThread *thread, uint32_t turn) {
        struct epoll_event events[EVENTS_MAX];
        uint64_t tags[EVENTS_MAX];
        int timeout_msec = TICK_MSEC;
        bool again;

        again = check(thread, turn, KEEPALIVE_CHECK_LONG, NULL, 0);
        for (;;) {
                int n;

                timeout_msec = next_timeout(timeout_msec, again);
                n = epoll_wait(thread->epoll_fd, events, EVENTS_MAX, timeout_msec);
                if (n < 0 || atomic_load(&thread->turn) != turn)
                        return;

                for (int i = 0; i < n; i++)
                        tags[i] = events[i].data.u64;
                again = check(thread, turn, n > 0 ? KEEPALIVE_CHECK_ARRIVALS : KEEPALIVE_CHECK_LONG,
                                tags, (size_t) n);
        }
}

static void *thread_main(void *userdata) {
        KeepaliveThread *thread = userdata;
        uint32_t turn = atomic_load(&thread->turn), last;

        while (!atomic_load(&thread->stop)) {
                last = turn;
                tick();
                turn = atomic_load(&thread->turn);
                if (turn % 2 == 1 && turn == last)
                        watch_long_request(thread, turn);
                else if (turn % 2 == 1)
                        (void) check(thread, turn, KEEPALIVE_CHECK_SHORT, NULL, 0);
                else if (turn == last)
                        sleep_until_turn(thread, turn);
        }

        return NULL;
}

/* --- life --- */

/* No signal is for it: PHP's timer means the thread that runs PHP. */
static int start(KeepaliveThread *thread) {
        pthread_attr_t attributes;
        sigset_t all, before;
        int r;

        r = pthread_attr_init(&attributes);
        if (r > 0)
                return -r;

        sigfillset(&all);
        (void) pthread_attr_setstacksize(&attributes, STACK_BYTES);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&thread->thread, &attributes, thread_main, thread);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void) pthread_attr_destroy(&attributes);
        return -r;
}

int keepalive_thread_new(KeepaliveThread **ret, KeepaliveCheckHook hook, void *userdata) {
        _cleanup_free_ KeepaliveThread *thread = calloc(1, sizeof(*thread));
        _cleanup_close_ int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        int r;

        if (!thread)
                return -ENOMEM;
        if (epoll_fd < 0)
                return -errno;

        thread->hook = hook;
        thread->userdata = userdata;
        thread->epoll_fd = epoll_fd;
        r = pthread_mutex_init(&thread->mutex, NULL);
        if (r > 0)
                return -r;

        (void) pthread_mutex_lock(&thread->mutex);
        r = start(thread);
        if (r < 0) {
                (void) pthread_mutex_unlock(&thread->mutex);
                (void) pthread_mutex_destroy(&thread->mutex);
                return r;
        }

        TAKE_FD(epoll_fd);
        *ret = TAKE_PTR(thread);
        return 0;
}

/* If the thread waits for arrivals, this wakes it. Without it the thread would notice its end a second later. */
static void stop(KeepaliveThread *thread) {
        _cleanup_close_ int fd = eventfd(1, EFD_CLOEXEC);

        atomic_store(&thread->stop, true);
        atomic_fetch_add(&thread->turn, 2);
        wake(thread);
        if (fd >= 0)
                (void) keepalive_thread_watch(thread, fd, TAG_STOP);
        (void) pthread_join(thread->thread, NULL);
}

KeepaliveThread *keepalive_thread_free(KeepaliveThread *thread) {
        if (!thread)
                return NULL;

        stop(thread);
        (void) pthread_mutex_unlock(&thread->mutex);
        (void) pthread_mutex_destroy(&thread->mutex);
        fd_close(thread->epoll_fd);
        free(thread);
        return NULL;
}

void keepalive_thread_cover_fds(const KeepaliveThread *thread, int blank_fd) {
        fd_cover(thread->epoll_fd, blank_fd);
}

/* --- what the worker does --- */

/* EPOLLET: a connection that no worker takes must not keep the thread awake. */
static int control(KeepaliveThread *thread, int operation, int fd, uint32_t events, uint64_t tag) {
        struct epoll_event event = { .events = events | EPOLLET, .data.u64 = tag };

        return epoll_ctl(thread->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

int keepalive_thread_watch(KeepaliveThread *thread, int fd, uint64_t tag) {
        return control(thread, EPOLL_CTL_ADD, fd, EPOLLIN, tag);
}

void keepalive_thread_unwatch(KeepaliveThread *thread, int fd) {
        (void) epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

int keepalive_thread_mute(KeepaliveThread *thread, int fd, uint64_t tag) {
        return control(thread, EPOLL_CTL_MOD, fd, 0, tag);
}

int keepalive_thread_unmute(KeepaliveThread *thread, int fd, uint64_t tag) {
        return control(thread, EPOLL_CTL_MOD, fd, EPOLLIN, tag);
}

void keepalive_thread_begin_request(KeepaliveThread *thread) {
        if (!thread || thread->shared)
                return;

        thread->shared = true;
        atomic_fetch_add(&thread->turn, 1);
        (void) pthread_mutex_unlock(&thread->mutex);
        wake(thread);
}

void keepalive_thread_end_request(KeepaliveThread *thread) {
        if (!thread || !thread->shared)
                return;

        (void) pthread_mutex_lock(&thread->mutex);
        atomic_fetch_add(&thread->turn, 1);
        thread->shared = false;
}

void keepalive_thread_lock(KeepaliveThread *thread) {
        if (thread && thread->shared)
                (void) pthread_mutex_lock(&thread->mutex);
}

void keepalive_thread_unlock(KeepaliveThread *thread) {
        if (thread && thread->shared)
                (void) pthread_mutex_unlock(&thread->mutex);
}
