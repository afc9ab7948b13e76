/* SPDX-License-Identifier: MIT */
/* Proves that the orders to the zygote follow from the scoreboard and the queue: a fake zygote takes the orders, a real
 * listening socket has the connections, and the test writes on the scoreboard what workers would. */

#include "manager/workers/workforce.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"

#include "unit.h"

enum {
        N_SLOTS = 300,
};

static PoolConfig config;
static sd_event *event;
static Scoreboard *board, *workers; /* as the manager sees it, and as the workers do */
static Listeners listeners;
static Workforce *workforce;
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static struct {
        unsigned n_started, n_retired, last_retired;
        bool started[N_SLOTS];
} zygote;

static int start_worker(unsigned slot, void *userdata) {
        (void) userdata;
        ck_assert_uint_lt(slot, N_SLOTS);
        zygote.started[slot] = true;
        zygote.n_started++;
        return 0;
}

static int retire_worker(unsigned slot, void *userdata) {
        (void) userdata;
        zygote.last_retired = slot;
        zygote.n_retired++;
        return 0;
}

static const WorkforceOrders orders = { start_worker, retire_worker };

static void set_up(void) {
        config = (PoolConfig){
                .pm = PM_DYNAMIC,
                .max_children = 10,
                .start_servers = 3,
                .min_spare_servers = 2,
                .max_spare_servers = 4,
                .max_spawn_rate = 32,
                .process_idle_timeout_usec = 10 * USEC_PER_SEC,
        };
        memset(&zygote, 0, sizeof(zygote));
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(scoreboard_new(&board, N_SLOTS), 0);
        ck_assert_int_eq(scoreboard_attach(&workers, scoreboard_board_fd(board),
                                         scoreboard_control_page_fd(board), N_SLOTS),
                        0);
        listeners = (Listeners){ .n_fds = 1 };
        listeners.fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "fpmd-test-workforce-%d",
                        (int) getpid());
        ck_assert_int_eq(bind(listeners.fds[0], (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(listen(listeners.fds[0], 100), 0);
        ck_assert_int_eq(handoff_pair_new(&listeners.pair, getuid()), 0);
        ck_assert_int_eq(
                        workforce_new(&workforce, event, &config, &listeners, board, &orders, NULL),
                        0);
}

static void tear_down(void) {
        workforce_free(workforce);
        listeners_done(&listeners);
        scoreboard_free(workers);
        scoreboard_free(board);
        sd_event_unref(event);
}

/* The zygote reports what it was ordered, and each new worker writes that state. */
static void obey(SlotState state) {
        for (unsigned slot = 0; slot < N_SLOTS; slot++) {
                if (!zygote.started[slot])
                        continue;
                zygote.started[slot] = false;
                ck_assert_int_eq(slots_forked(workforce_slots(workforce), slot, (pid_t) slot + 2,
                                                 clock_now_usec()),
                                0);
                scoreboard_set(workers, slot, state, clock_now_usec());
        }
}

static int client(void) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

START_TEST(it_starts_with_start_servers_and_then_is_quiet) {
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_started, 0); /* not before workforce_start() */

        workforce_start(workforce);
        ck_assert_uint_eq(zygote.n_started, 3);
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_started, 3); /* those are on their way */
        obey(SLOT_IDLE);
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_started, 3);
        ck_assert_uint_eq(zygote.n_retired, 0);
}
END_TEST

START_TEST(who_waits_gets_a_worker_at_once) {
        int fds[4];

        workforce_start(workforce);
        obey(SLOT_RUNNING);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fds[i] = client();
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_started, 3 + 4 + 2); /* one for each, and min_spare_servers */
        ck_assert_uint_eq(workforce_limit_reached(workforce), 0);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
}
END_TEST

START_TEST(the_limit_holds_and_is_counted_once) {
        int fds[20];

        workforce_start(workforce);
        obey(SLOT_RUNNING);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fds[i] = client();
        for (unsigned i = 0; i < 3; i++) {
                workforce_balance(workforce);
                obey(SLOT_RUNNING);
        }
        ck_assert_uint_eq(zygote.n_started, config.max_children);
        ck_assert_uint_eq(workforce_limit_reached(workforce), 1);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
}
END_TEST

START_TEST(the_longest_idle_leaves_first) {
        uint64_t long_ago = clock_now_usec() - 60 * USEC_PER_SEC;

        config.start_servers = 6;
        workforce_start(workforce);
        obey(SLOT_IDLE);
        for (unsigned slot = 0; slot < 6; slot++)
                scoreboard_set(workers, slot, SLOT_IDLE, long_ago - (slot == 4 ? USEC_PER_SEC : 0));
        config.max_spare_servers = 5;
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_retired, 1);
        ck_assert_uint_eq(zygote.last_retired, 4);
        ck_assert_uint_eq(scoreboard_control_page(board)->retired[4], 1);
}
END_TEST

START_TEST(a_static_pool_of_hundreds_is_ordered_in_parts) {
        unsigned n;

        config.pm = PM_STATIC;
        config.max_children = N_SLOTS;
        workforce_start(workforce);
        n = zygote.n_started;
        ck_assert_uint_gt(n, 0);
        for (unsigned i = 0; zygote.n_started < N_SLOTS && i < 100; i++) {
                obey(SLOT_IDLE);
                workforce_forked(workforce);
        }
        ck_assert_uint_eq(zygote.n_started, N_SLOTS);
}
END_TEST

START_TEST(workers_that_die_at_once_are_followed_after_a_pause) {
        uint64_t lived;

        config.pm = PM_STATIC;
        config.max_children = 3;
        workforce_start(workforce);
        obey(SLOT_STARTING);
        ck_assert_int_eq(slots_exited(workforce_slots(workforce), 0, SLOT_NEVER_STARTED,
                                         clock_now_usec(), &lived),
                        0);
        workforce_balance(workforce);
        ck_assert_uint_eq(zygote.n_started, 3);

        /* The timer that was armed brings the order. */
        for (unsigned i = 0; zygote.n_started == 3 && i < 3; i++)
                ck_assert_int_ge(sd_event_run(event, USEC_PER_SEC), 0);
        ck_assert_uint_eq(zygote.n_started, 4);
}
END_TEST

START_TEST(after_stop_there_are_no_orders) {
        int fd;

        workforce_start(workforce);
        obey(SLOT_RUNNING);
        workforce_stop(workforce);
        fd = client();
        workforce_balance(workforce);
        workforce_forked(workforce);
        ck_assert_uint_eq(zygote.n_started, 3);
        ck_assert_uint_eq(scoreboard_control_page(board)->wake_below, 0);
        close(fd);
}
END_TEST

int main(void) {
        const TTest *const tests[] = {
                it_starts_with_start_servers_and_then_is_quiet,
                who_waits_gets_a_worker_at_once,
                the_limit_holds_and_is_counted_once,
                the_longest_idle_leaves_first,
                a_static_pool_of_hundreds_is_ordered_in_parts,
                workers_that_die_at_once_are_followed_after_a_pause,
                after_stop_there_are_no_orders,
        };
        Suite *suite = suite_create("workforce");
        TCase *tcase = tcase_create("workforce");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        for (size_t i = 0; i < ELEMENTSOF(tests); i++)
                tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
