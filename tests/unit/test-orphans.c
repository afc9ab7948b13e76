/* SPDX-License-Identifier: MIT */
/* Proves that workers of a dead zygote are found by what it said of them, as far as the kernel confirms it, and that
 * each is told of once. */

#include "manager/generation/orphans.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum {
        N_SLOTS = 6,
};

static Orphans orphans;
static sd_event *event;
static unsigned n_left[N_SLOTS], n_expected;
static int last_status;
static bool is_memory_short;

/* In the place of libc's. */
void *calloc(size_t n, size_t size) {
        void *memory = is_memory_short ? NULL : reallocarray(NULL, n, size);

        return memory ? memset(memory, 0, n * size) : NULL;
}

static void on_left(unsigned slot, int wait_status, void *userdata) {
        uint64_t lived_usec;

        (void) userdata;
        ck_assert_uint_lt(slot, N_SLOTS);
        n_left[slot]++;
        last_status = wait_status;
        ck_assert_int_eq(slots_exited(orphans.slots, slot, SLOT_LEFT, 0, &lived_usec), 0);
        if (--n_expected == 0)
                sd_event_exit(event, 0);
}

static void setup(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, NULL);
        ck_assert_int_ge(sd_event_new(&event), 0);
        orphans = (Orphans){ .left = on_left, .generation = 1 };
        ck_assert_int_eq(reaper_new(&orphans.reaper, event), 0);
        ck_assert_int_eq(slots_new(&orphans.slots, N_SLOTS), 0);
        ck_assert_int_eq(scoreboard_new(&orphans.board, N_SLOTS), 0);
}

static void teardown(void) {
        orphans_forget(&orphans);
        reaper_free(orphans.reaper);
        slots_free(orphans.slots);
        scoreboard_free(orphans.board);
        sd_event_unref(event);
}

static pid_t child(void) {
        pid_t pid = fork();

        if (pid == 0) {
                pause();
                _exit(0);
        }
        return pid;
}

/* What the zygote has said. */
static unsigned claim(pid_t pid) {
        unsigned slot;

        ck_assert(slots_take(orphans.slots, &slot));
        ck_assert_int_eq(slots_forked(orphans.slots, slot, pid, 0), 0);
        return slot;
}

/* The board as a worker has it. */
static Scoreboard *attach(void) {
        Scoreboard *worker = NULL;

        ck_assert_int_eq(scoreboard_attach(&worker, scoreboard_board_fd(orphans.board),
                                         scoreboard_control_page_fd(orphans.board), N_SLOTS),
                        0);
        return worker;
}

START_TEST(each_is_told_of_once) {
        unsigned a = claim(child()), b = claim(child());
        Scoreboard *worker = attach();

        scoreboard_set(worker, b, SLOT_RUNNING, 1000);
        ck_assert_uint_eq(orphans_adopt(&orphans, 0), 2);
        n_expected = 2;
        is_memory_short = true;
        orphans_kill(&orphans);
        is_memory_short = false;
        ck_assert_int_ge(sd_event_loop(event), 0);
        ck_assert_uint_eq(n_left[a], 1);
        ck_assert_uint_eq(n_left[b], 1);
        ck_assert(WIFSIGNALED(last_status) && WTERMSIG(last_status) == SIGKILL);
        ck_assert_uint_eq(slots_taken(orphans.slots), 0);
        ck_assert_int_ge(scoreboard_copy(orphans.board), 0);
        ck_assert_uint_eq(slot_word_state(scoreboard_word(orphans.board, b)), SLOT_EMPTY);
        scoreboard_free(worker);
}
END_TEST

/* One pid in two slots; a pid that is no child of ours; a worker that was asked for and never named. */
START_TEST(claims_that_cannot_be_are_dropped) {
        pid_t pid = child();
        unsigned first = claim(pid), forking;

        claim(pid);
        claim(1);
        ck_assert(slots_take(orphans.slots, &forking));
        ck_assert_uint_eq(orphans_adopt(&orphans, 0), 1);
        ck_assert_int_eq(slots_life(orphans.slots, forking), SLOT_VACANT);
        ck_assert_int_eq(slots_pid(orphans.slots, first), pid);

        n_expected = 1;
        orphans_kill(&orphans);
        ck_assert_int_ge(sd_event_loop(event), 0);
        ck_assert_uint_eq(n_left[first], 1);
        ck_assert_uint_eq(slots_taken(orphans.slots), 0);
}
END_TEST

START_TEST(only_the_request_that_is_meant_is_ended) {
        unsigned slot = claim(child());
        Scoreboard *worker = attach();

        ck_assert_uint_eq(orphans_adopt(&orphans, 0), 1);
        scoreboard_set(worker, slot, SLOT_RUNNING, 2000);
        orphans_end(&orphans, slot, slot_word(SLOT_RUNNING, 1000));
        usleep(100000); /* a signal would have come by now */
        ck_assert_int_eq(waitpid(slots_pid(orphans.slots, slot), NULL, WNOHANG), 0);

        n_expected = 1;
        orphans_end(&orphans, slot, slot_word(SLOT_REQUEST_INFO, 2000));
        ck_assert_int_ge(sd_event_loop(event), 0);
        ck_assert_uint_eq(n_left[slot], 1);
        scoreboard_free(worker);
}
END_TEST

int main(void) {
        const TTest *const tests[] = { each_is_told_of_once, claims_that_cannot_be_are_dropped,
                only_the_request_that_is_meant_is_ended };
        Suite *suite = suite_create("orphans");
        TCase *tcase = tcase_create("orphans");

        tcase_add_checked_fixture(tcase, setup, teardown);
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
