/* SPDX-License-Identifier: MIT */
/* Proves in which order a worker takes what waits at a listener, in the pair and on its own kept connections. */

#include "php/worker/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "php/worker/keepalive/handoff.h"
#include "php/worker/wait_queues.h"
#include "unit.h"

enum {
        LATE_USEC = 10000,
        N_SLOTS = 40,
};

static struct sockaddr_un address;
static socklen_t address_size;
static int listen_fd, lifeline[2], pair[2];
static Scoreboard *manager_board, *board;
static Acceptor *acceptor;
static Handoff others;

static void setup(void) {
        address = (struct sockaddr_un){ .sun_family = AF_UNIX };
        address_size = sizeof(sa_family_t) + 1 +
                       (socklen_t) snprintf(address.sun_path + 1, 64, "test-acceptor-%d", getpid());
        listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(listen_fd, (struct sockaddr *) &address, address_size), 0);
        ck_assert_int_eq(listen(listen_fd, 64), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifeline), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        ck_assert_int_eq(scoreboard_new(&manager_board, N_SLOTS), 0);
        ck_assert_int_eq(scoreboard_attach(&board, scoreboard_board_fd(manager_board),
                                         scoreboard_control_page_fd(manager_board), N_SLOTS),
                        0);
        ck_assert_int_eq(acceptor_new(&acceptor, &listen_fd, 1, lifeline[0]), 0);
        ck_assert_int_eq(acceptor_keep(acceptor, pair[0], pair[1], board, 0), 0);
        handoff_init(&others, pair[0], pair[1]);
}

static void teardown(void) {
        acceptor_free(acceptor);
        scoreboard_free(board);
        scoreboard_free(manager_board);
}

/* What a client sends says who it is. */
static int client(const char *name) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(connect(fd, (struct sockaddr *) &address, address_size), 0);
        ck_assert_int_eq(write(fd, name, 1), 1);
        return fd;
}

/* A connection that another worker had, and on which a request waits since then. */
static int handed_over(const char *name, uint64_t since_usec) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        ck_assert_int_eq(write(fds[0], name, 1), 1);
        ck_assert_int_eq(handoff_send(&others, fds[1], since_usec), 0);
        close(fds[1]);
        return fds[0];
}

/* This worker's own. */
static int kept(void) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        (void) keepalive_add(acceptor_keepalive(acceptor), fds[1]);
        return fds[0];
}

/* Serves as a worker does that is never idle, and never longer than a moment. */
static const char *order(bool keep) {
        static char names[64];
        size_t n = 0;
        Arrival arrival;

        while (n < sizeof(names) - 1) {
                uint64_t now = clock_now_usec();
                int r;

                ck_assert(!acceptor_must_leave(acceptor, now));
                r = acceptor_try(acceptor, now, &arrival);
                if (r == -EAGAIN && acceptor_wait(acceptor, 0) == -ETIMEDOUT)
                        break;
                if (r == -EAGAIN)
                        continue;

                ck_assert_int_eq(r, 0);
                ck_assert_int_eq(read(arrival.fd, names + n++, 1), 1);
                if (keep && arrival.is_keepalive)
                        ck_assert_int_eq(
                                        keepalive_add(acceptor_keepalive(acceptor), arrival.fd), 0);
                else
                        keepalive_close(acceptor_keepalive(acceptor), arrival.fd);
        }

        names[n] = '\0';
        return names;
}

START_TEST(one_that_waits_too_long_in_the_pair_is_before_new_ones) {
        client("a"), client("b");
        handed_over("1", clock_now_usec() - LATE_USEC);
        handed_over("2", clock_now_usec() - LATE_USEC);
        client("c");
        ck_assert_str_eq(order(false), "12abc");
}
END_TEST

/* The new ones stand behind what was in the pair when they were seen, and before what came after. */
START_TEST(new_ones_wait_behind_them_in_the_pair) {
        Arrival arrival;
        uint64_t now = clock_now_usec();

        client("a"), client("b");
        handed_over("1", now - LATE_USEC);
        handed_over("2", now - LATE_USEC);
        ck_assert(!acceptor_must_leave(acceptor, now));
        ck_assert_int_eq(acceptor_try(acceptor, now, &arrival), 0);
        ck_assert(arrival.is_keepalive && arrival.past.is_taken);
        ck_assert_uint_eq(keepalive_n_handed_over(acceptor_keepalive(acceptor)), 3);
        handed_over("3", now);
        ck_assert_str_eq(order(false), "2ab3");
}
END_TEST

START_TEST(without_patience_lost_they_take_turns) {
        uint64_t now = clock_now_usec() + 1000000;

        scoreboard_set(board, 1, SLOT_RUNNING, now);
        for (unsigned i = 0; i < 3; i++)
                handed_over("1", now), client("a");
        ck_assert_str_eq(order(false), "1a1a1a");
}
END_TEST

START_TEST(own_ones_and_new_ones_take_turns) {
        for (unsigned i = 0; i < 3; i++)
                client("a"), (void) !write(kept(), "1", 1);
        ck_assert_str_eq(order(true), "a1a1a1");
}
END_TEST

/* Idle ones that were handed over are kept, and served when their request comes. */
START_TEST(idle_ones_are_taken_on_the_way) {
        int first = handed_over("1", 0);

        client("a");
        ck_assert_str_eq(order(true), "a1");
        ck_assert_uint_eq(keepalive_count(acceptor_keepalive(acceptor)), 1);
        ck_assert_int_eq(write(first, "2", 1), 1);
        ck_assert_str_eq(order(true), "2");
}
END_TEST

/* Others may be served sooner elsewhere. */
START_TEST(own_ones_that_wait_too_long_are_handed_over) {
        Arrival arrival;

        for (unsigned i = 0; i < 3; i++)
                (void) !write(kept(), "1", 1);
        ck_assert_int_eq(acceptor_wait(acceptor, 0), 0);
        ck_assert_int_eq(acceptor_try(acceptor, clock_now_usec(), &arrival), 0);
        ck_assert_uint_eq(handoff_depth(&others), 0);
        keepalive_close(acceptor_keepalive(acceptor), arrival.fd);
        ck_assert_int_eq(acceptor_try(acceptor, clock_now_usec() + LATE_USEC, &arrival), 0);
        ck_assert_uint_eq(handoff_depth(&others), 1);
}
END_TEST

START_TEST(a_listener_that_was_shut_down_is_left_alone) {
        Arrival arrival;

        ck_assert_int_eq(shutdown(listen_fd, SHUT_RDWR), 0);
        ck_assert_int_eq(acceptor_try(acceptor, clock_now_usec(), &arrival), -EAGAIN);
        ck_assert_int_eq(acceptor_wait(acceptor, 0), 0);
        ck_assert(acceptor_take_hangup(acceptor));
        ck_assert(!acceptor_take_hangup(acceptor));
        ck_assert_int_eq(acceptor_wait(acceptor, 0), -ETIMEDOUT);
        handed_over("1", 0);
        ck_assert_str_eq(order(true), "1");
}
END_TEST

START_TEST(also_one_that_was_shut_down_for_reading_alone) {
        unsigned n_wakes = 0;
        Arrival arrival;

        ck_assert_int_eq(shutdown(listen_fd, SHUT_RD), 0);
        while (acceptor_wait(acceptor, 0) == 0) {
                ck_assert_int_eq(acceptor_try(acceptor, clock_now_usec(), &arrival), -EAGAIN);
                ck_assert_uint_lt(n_wakes++, 10);
        }
        ck_assert(acceptor_take_hangup(acceptor));
}
END_TEST

START_TEST(a_pair_that_was_shut_down_is_left_alone) {
        int own = kept();

        ck_assert_int_eq(shutdown(pair[0], SHUT_RDWR), 0);
        client("a");
        ck_assert_str_eq(order(false), "a");
        ck_assert(acceptor_take_hangup(acceptor));
        ck_assert_int_eq(acceptor_wait(acceptor, 0), -ETIMEDOUT);
        ck_assert_int_eq(write(own, "1", 1), 1);
        ck_assert_str_eq(order(true), "1");
        ck_assert_uint_eq(keepalive_hand_out_all(acceptor_keepalive(acceptor)), 0);
        ck_assert_uint_eq(keepalive_count(acceptor_keepalive(acceptor)), 1);
}
END_TEST

/* Whether a connection there wakes this worker: its descriptor is in an epoll of this process. */
static bool is_watched(int fd) {
        char command[128];

        snprintf(command, sizeof(command), "grep -Eqs '^tfd: +%d ' /proc/%d/fdinfo/*", fd,
                        getpid());
        return system(command) == 0;
}

static void let_others_be_busy(unsigned n) {
        for (unsigned i = 0; i < N_SLOTS; i++)
                scoreboard_set(board, i, i < n ? SLOT_RUNNING : SLOT_IDLE, 1);
}

/* Sleeps until one comes, and begins to serve it. */
static char wake_and_serve_at(uint64_t now_usec) {
        Arrival arrival;
        char name;

        ck_assert_int_eq(acceptor_wait(acceptor, 1000), 0);
        ck_assert_int_eq(acceptor_try(acceptor, now_usec, &arrival), 0);
        ck_assert_int_eq(read(arrival.fd, &name, 1), 1);
        keepalive_close(acceptor_keepalive(acceptor), arrival.fd);
        return name;
}

static char wake_and_serve(void) {
        return wake_and_serve_at(clock_now_usec());
}

START_TEST(beside_many_busy_ones_a_connection_passes_it_by) {
        ck_assert(is_watched(listen_fd) && is_watched(pair[0]));
        let_others_be_busy(3);
        client("a");
        ck_assert_int_eq(wake_and_serve(), 'a');
        ck_assert(is_watched(listen_fd) && is_watched(pair[0]));

        let_others_be_busy(30);
        client("b");
        ck_assert_int_eq(wake_and_serve(), 'b');
        ck_assert(!is_watched(listen_fd) && !is_watched(pair[0]));

        /* What comes while it is busy is there before it sleeps. */
        client("c");
        ck_assert_int_eq(wake_and_serve(), 'c');
        handed_over("d", clock_now_usec());
        ck_assert_int_eq(wake_and_serve(), 'd');
        ck_assert(!is_watched(listen_fd) && !is_watched(pair[0]));
        ck_assert_int_eq(acceptor_wait(acceptor, 0), -ETIMEDOUT);
        ck_assert(is_watched(listen_fd) && is_watched(pair[0]));
}
END_TEST

START_TEST(after_short_requests_it_keeps_its_place) {
        uint64_t now = clock_now_usec();

        let_others_be_busy(3);
        for (unsigned i = 0; i < WAIT_QUEUES_SHORT_RUN; i++) {
                client("a");
                ck_assert_int_eq(wake_and_serve_at(now += 1000), 'a');
        }
        let_others_be_busy(30);
        client("b");
        ck_assert_int_eq(wake_and_serve_at(now += 1000), 'b');
        ck_assert(is_watched(listen_fd) && is_watched(pair[0]));
        ck_assert_int_eq(acceptor_wait(acceptor, 0), -ETIMEDOUT);

        /* but not beside many that do so, which have begun with something longer, maybe */
        for (unsigned i = 0; i < WAIT_QUEUES_LINGERING_MAX; i++)
                ck_assert(scoreboard_linger(board, 10 + i, WAIT_QUEUES_LINGERING_MAX));
        ck_assert(!scoreboard_linger(board, 39, WAIT_QUEUES_LINGERING_MAX));
        client("c");
        ck_assert_int_eq(wake_and_serve_at(now += 1000), 'c');
        ck_assert(!is_watched(listen_fd) && !is_watched(pair[0]));

        scoreboard_mark_dead(board, 10);
        client("d");
        ck_assert_int_eq(wake_and_serve_at(now += 1000), 'd');
        ck_assert(is_watched(listen_fd) && is_watched(pair[0]));
}
END_TEST

START_TEST(a_listener_that_was_shut_down_stays_out_when_it_steps_in_again) {
        let_others_be_busy(30);
        ck_assert_int_eq(shutdown(listen_fd, SHUT_RDWR), 0);
        handed_over("a", clock_now_usec());
        ck_assert_str_eq(order(true), "a");
        ck_assert(acceptor_take_hangup(acceptor));
        ck_assert_int_eq(acceptor_wait(acceptor, 0), -ETIMEDOUT);
        ck_assert(!is_watched(listen_fd) && is_watched(pair[0]));
}
END_TEST

/* Keeps n connections more; returns how many of them are still open for the client. */
static size_t keep_more(size_t n) {
        size_t n_open = 0;

        for (size_t i = 0; i < n; i++) {
                int fd = kept();
                char byte;

                n_open += recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
        }

        return n_open;
}

START_TEST(who_has_many_gives_the_next_to_one_who_has_few) {
        Keepalive *keepalive = acceptor_keepalive(acceptor);

        scoreboard_set(board, 0, SLOT_RUNNING, 1);
        scoreboard_set(board, 1, SLOT_IDLE, 1);
        scoreboard_set_keepalive(board, 0, 400);
        scoreboard_set_keepalive(board, 1, 100);
        ck_assert_uint_eq(keep_more(202), 202);
        ck_assert_uint_eq(keepalive_count(keepalive), 202);
        ck_assert_uint_eq(keepalive_n_handed_over(keepalive), 0);

        ck_assert_uint_eq(keep_more(3), 3);
        ck_assert_uint_eq(keepalive_count(keepalive), 202);
        ck_assert_uint_eq(keepalive_n_handed_over(keepalive), 3);
}
END_TEST

START_TEST(where_nobody_has_room_one_is_closed) {
        Keepalive *keepalive = acceptor_keepalive(acceptor);

        scoreboard_set(board, 1, SLOT_IDLE, 1);
        scoreboard_set_keepalive(board, 1, KEEPALIVE_MAX);
        ck_assert_uint_eq(keep_more(KEEPALIVE_MAX), KEEPALIVE_MAX);
        ck_assert_uint_eq(keep_more(2), 0);
        ck_assert_uint_eq(keepalive_n_handed_over(keepalive), 0);
}
END_TEST

START_TEST(with_no_file_left_nothing_is_lost) {
        const struct rlimit limit = { .rlim_cur = 64, .rlim_max = 64 };
        int fds[64], n = 0;
        Arrival arrival;

        client("a");
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        while ((fds[n] = dup(STDIN_FILENO)) >= 0)
                n++;

        ck_assert_int_eq(acceptor_try(acceptor, clock_now_usec(), &arrival), -EMFILE);
        ck_assert_int_eq(acceptor_pause(acceptor), 0);
        close(fds[0]);
        ck_assert_str_eq(order(false), "a");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("acceptor");
        TCase *tcase = tcase_create("acceptor");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, one_that_waits_too_long_in_the_pair_is_before_new_ones);
        tcase_add_test(tcase, new_ones_wait_behind_them_in_the_pair);
        tcase_add_test(tcase, without_patience_lost_they_take_turns);
        tcase_add_test(tcase, own_ones_and_new_ones_take_turns);
        tcase_add_test(tcase, idle_ones_are_taken_on_the_way);
        tcase_add_test(tcase, own_ones_that_wait_too_long_are_handed_over);
        tcase_add_test(tcase, a_listener_that_was_shut_down_is_left_alone);
        tcase_add_test(tcase, also_one_that_was_shut_down_for_reading_alone);
        tcase_add_test(tcase, a_pair_that_was_shut_down_is_left_alone);
        tcase_add_test(tcase, beside_many_busy_ones_a_connection_passes_it_by);
        tcase_add_test(tcase, after_short_requests_it_keeps_its_place);
        tcase_add_test(tcase, a_listener_that_was_shut_down_stays_out_when_it_steps_in_again);
        tcase_add_test(tcase, who_has_many_gives_the_next_to_one_who_has_few);
        tcase_add_test(tcase, where_nobody_has_room_one_is_closed);
        tcase_add_test(tcase, with_no_file_left_nothing_is_lost);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
