/* SPDX-License-Identifier: MIT */
#include "base/place_locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Each in a cache line of its own. */
typedef struct Place {
        _Alignas(64) pthread_mutex_t mutex;
        _Atomic pid_t pid;
} Place;

struct PlaceLocks {
        unsigned n;
        _Atomic unsigned n_used; /* nobody has entered a place from this one on */
        Place places[];
};

static size_t size_of(unsigned n) {
        return offsetof(PlaceLocks, places) + n * sizeof(Place);
}

static int init_places(PlaceLocks *locks) {
        pthread_mutexattr_t attributes;
        int r;

        r = pthread_mutexattr_init(&attributes);
        if (r > 0)
                return -r;

        r = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        if (r == 0)
                r = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        for (unsigned i = 0; i < locks->n && r == 0; i++)
                r = pthread_mutex_init(&locks->places[i].mutex, &attributes);

        (void) pthread_mutexattr_destroy(&attributes);
        return -r;
}

int place_locks_new(PlaceLocks **ret, unsigned n) {
        _cleanup_(place_locks_freep) PlaceLocks *locks = NULL;
        void *memory;
        int r;

        memory = mmap(NULL, size_of(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
                return -errno;

        locks = memory;
        locks->n = n;
        r = init_places(locks);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(locks);
        return 0;
}

PlaceLocks *place_locks_free(PlaceLocks *locks) {
        if (locks)
                (void) munmap(locks, size_of(locks->n));
        return NULL;
}

int place_locks_enter(PlaceLocks *locks, unsigned place) {
        unsigned n_used = atomic_load(&locks->n_used);

        if (place >= locks->n)
                return -ERANGE;

        atomic_store(&locks->places[place].pid, getpid());
        while (n_used <= place && !atomic_compare_exchange_weak(&locks->n_used, &n_used, place + 1))
                ;
        return 0;
}

/* The last holder has died. */
static int after_death(pthread_mutex_t *mutex, int r) {
        return r == EOWNERDEAD ? pthread_mutex_consistent(mutex) : r;
}

/* What is read behind it must not be read before others can see the lock. */
int place_locks_lock(PlaceLocks *locks, unsigned place) {
        pthread_mutex_t *mutex = &locks->places[place].mutex;
        int r;

        r = after_death(mutex, pthread_mutex_lock(mutex));
        atomic_thread_fence(memory_order_seq_cst);
        return -r;
}

void place_locks_unlock(PlaceLocks *locks, unsigned place) {
        (void) pthread_mutex_unlock(&locks->places[place].mutex);
}

static bool is_held(Place *place) {
        int r;

        r = after_death(&place->mutex, pthread_mutex_trylock(&place->mutex));
        if (r == 0)
                (void) pthread_mutex_unlock(&place->mutex);
        return r == EBUSY;
}

/* Where the kernel has no robust mutexes after all, a lock of a dead process would be held for ever. */
static bool is_there(pid_t pid) {
        _cleanup_close_ int fd = (int) syscall(SYS_pidfd_open, pid, 0);

        return fd >= 0 || errno != ESRCH;
}

pid_t place_locks_find_holder(PlaceLocks *locks, unsigned except) {
        unsigned n_used = atomic_load(&locks->n_used);

        for (unsigned i = 0; i < n_used && i < locks->n; i++) {
                pid_t pid;

                if (i == except || !is_held(&locks->places[i]))
                        continue;

                pid = atomic_load(&locks->places[i].pid);
                if (pid > 0 && is_there(pid))
                        return pid;
        }

        return 0;
}
