/* SPDX-License-Identifier: MIT */
/* Proves that a lock is seen by the others while it is held, and ends with its process; and that nobody who has found no
 * holder meets one. */

#include "base/place_locks.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static PlaceLocks *locks;
static int meeting[2]; /* a byte each way */

static void setup(void) {
        ck_assert_int_eq(place_locks_new(&locks, 100), 0);
}

static void teardown(void) {
        locks = place_locks_free(locks);
}

static void meet(int side) {
        char byte = 0;

        ck_assert_int_eq(write(meeting[side], &byte, 1), 1);
        ck_assert_int_eq(read(meeting[side], &byte, 1), 1);
}

/* A process that holds the lock of a place from the first meeting to the second, and lives on to a third. */
static pid_t holder(unsigned place) {
        pid_t pid;

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, meeting), 0);
        pid = fork();

        if (pid != 0)
                return pid;

        if (place_locks_enter(locks, place) < 0 || place_locks_lock(locks, place) < 0)
                _exit(1);
        meet(1);
        meet(1);
        place_locks_unlock(locks, place);
        meet(1);
        meet(1);
        _exit(0);
}

static void reap(pid_t pid) {
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(a_lock_is_seen_while_it_is_held) {
        pid_t pid = holder(7);

        meet(0);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), pid);
        ck_assert_int_eq(place_locks_find_holder(locks, 8), pid);
        ck_assert_int_eq(place_locks_find_holder(locks, 7), 0);
        meet(0);
        meet(0);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), 0);
        meet(0);
        reap(pid);
}
END_TEST

START_TEST(it_ends_with_its_process) {
        pid_t pid = holder(99);

        meet(0);
        kill(pid, SIGKILL);
        reap(pid);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), 0);

        /* also where the next one in that place is the first to find out */
        pid = holder(99);
        meet(0);
        kill(pid, SIGKILL);
        reap(pid);
        pid = holder(99);
        meet(0);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), pid);
        kill(pid, SIGKILL);
        reap(pid);
}
END_TEST

START_TEST(places_have_a_limit) {
        ck_assert_int_eq(place_locks_enter(locks, 99), 0);
        ck_assert_int_eq(place_locks_enter(locks, 100), -ERANGE);
        ck_assert_int_eq(place_locks_enter(locks, PLACE_LOCKS_NONE), -ERANGE);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), 0);
}
END_TEST

/* What opcache does: those who use the memory look, with their lock held, whether it is being made anew; who makes it
 * anew says so, and looks for users again. Nobody may use it then. */
enum {
        N_USERS = 4,
        N_ROUNDS = 5000,
};

typedef struct Memory {
        _Atomic int is_changing, n_met;
        int a, b; /* equal, but while it changes */
} Memory;

static void use(Memory *memory, unsigned place) {
        (void) place_locks_enter(locks, place);
        for (;;) {
                (void) place_locks_lock(locks, place);
                if (!atomic_load_explicit(&memory->is_changing, memory_order_relaxed) &&
                                *(volatile int *) &memory->a != *(volatile int *) &memory->b)
                        atomic_fetch_add(&memory->n_met, 1);
                place_locks_unlock(locks, place);
                usleep(1);
        }
}

START_TEST(who_finds_no_holder_is_alone) {
        Memory *memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t pids[N_USERS];
        unsigned n_changes = 0;

        for (unsigned i = 0; i < N_USERS; i++) {
                pids[i] = fork();
                if (pids[i] == 0)
                        use(memory, i);
        }
        for (unsigned i = 0; i < N_ROUNDS; i++) {
                atomic_store(&memory->is_changing, 1);
                if (place_locks_find_holder(locks, PLACE_LOCKS_NONE) == 0) {
                        n_changes++;
                        memory->a++;
                        atomic_signal_fence(memory_order_seq_cst);
                        memory->b++;
                }
                atomic_store(&memory->is_changing, 0);
                if (i % 100 == 0)
                        usleep(100);
        }
        for (unsigned i = 0; i < N_USERS; i++) {
                kill(pids[i], SIGKILL);
                reap(pids[i]);
        }
        ck_assert_int_eq(atomic_load(&memory->n_met), 0);
        ck_assert_uint_gt(n_changes, 0);
        ck_assert_int_eq(place_locks_find_holder(locks, PLACE_LOCKS_NONE), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("place-locks");
        TCase *tc = tcase_create("place-locks");

        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_lock_is_seen_while_it_is_held);
        tcase_add_test(tc, it_ends_with_its_process);
        tcase_add_test(tc, places_have_a_limit);
        tcase_add_test(tc, who_finds_no_holder_is_alone);
        suite_add_tcase(suite, tc);
        return unit_run(suite);
}
