/* SPDX-License-Identifier: MIT */
/* Proves that the manager loses no order to a zygote that is slow, bounds what waits for one that reads nothing, and
 * hears what a dead one had said. */

#include "manager/generation/zygote_link.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum {
        N_SLOTS = 200,
        ORDERS_MAX = 8 * N_SLOTS + 64, /* and what the socket holds */
};

static sd_event *event;
static ZygoteLink link_;
static int zygote_fd;
static unsigned n_heard, n_pauses, n_wrong;
static int message_result;

static int on_message(const Message *message, void *userdata) {
        (void) userdata;
        ck_assert_uint_eq(message->slot, n_heard % N_SLOTS);
        n_heard++;
        return message_result;
}

static void on_pause(void *userdata) {
        (void) userdata;
        n_pauses++;
}

static void on_wrong(void *userdata) {
        (void) userdata;
        n_wrong++;
        zygote_link_close(&link_);
}

static const ZygoteLinkHooks hooks = {
        .message = on_message, .pause = on_pause, .wrong = on_wrong
};

static void setup(void) {
        int pair[2];

        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        zygote_fd = pair[1];
        zygote_link_init(&link_, N_SLOTS, &hooks, NULL);
        ck_assert(!zygote_link_is_open(&link_));
        ck_assert_int_eq(zygote_link_order(&link_, MESSAGE_PING, 0, 1), -ECANCELED);
        ck_assert_int_ge(zygote_link_open(&link_, event, pair[0]), 0);
}

static void teardown(void) {
        zygote_link_close(&link_);
        if (zygote_fd >= 0)
                close(zygote_fd);
        sd_event_unref(event);
}

static void run(void) {
        while (sd_event_run(event, 0) > 0)
                ;
}

START_TEST(orders_wait_for_a_slow_zygote) {
        Message got;
        unsigned n = 0;

        for (unsigned i = 0; i < 1500; i++)
                ck_assert_int_eq(zygote_link_order(&link_, MESSAGE_FORK, i % N_SLOTS, 0), 0);

        while (n < 1500) {
                run();
                while (message_receive(zygote_fd, &got) > 0)
                        ck_assert_uint_eq(got.slot, n++ % N_SLOTS);
        }
        ck_assert_uint_eq(message_queue_length(&link_.queue), 0);
        ck_assert_int_eq(zygote_link_order(&link_, MESSAGE_PING, 0, 1), 0);
        ck_assert_int_eq(sd_event_run(event, 0), 0); /* nothing wakes it without need */
}
END_TEST

START_TEST(what_waits_is_bounded) {
        unsigned n = 0;

        while (zygote_link_order(&link_, MESSAGE_FORK, 0, 0) == 0)
                n++;
        ck_assert_int_eq(zygote_link_order(&link_, MESSAGE_FORK, 0, 0), -ENOBUFS);
        ck_assert_uint_ge(n, ORDERS_MAX);
        ck_assert_uint_le(n, 2 * ORDERS_MAX);
        ck_assert(zygote_link_is_open(&link_));
}
END_TEST

static void say(unsigned slot) {
        ck_assert_int_eq(
                        message_send(zygote_fd, &(Message){ .type = MESSAGE_EXITED, .slot = slot }),
                        0);
}

START_TEST(a_dead_zygote_is_heard_to_the_end) {
        ck_assert_int_eq(
                        zygote_link_order(&link_, MESSAGE_PING, 0, 1), 0); /* that it never reads */
        for (unsigned i = 0; i < 100; i++)
                say(i);
        close(zygote_fd);
        zygote_fd = -EBADF;

        zygote_link_read_rest(&link_);
        ck_assert_uint_eq(n_heard, 100);
        ck_assert_uint_eq(n_wrong, 0);
        ck_assert_uint_eq(n_pauses, 1);
        ck_assert(!zygote_link_is_open(&link_));
}
END_TEST

START_TEST(what_is_wrong_is_told_once) {
        say(0);
        say(N_SLOTS);
        say(1);
        run();
        ck_assert_uint_eq(n_heard, 1);
        ck_assert_uint_eq(n_wrong, 1);
        ck_assert(!zygote_link_is_open(&link_));
}
END_TEST

START_TEST(what_is_said_out_of_turn_is_wrong) {
        message_result = -EBADMSG;
        say(0);
        say(1);
        run();
        ck_assert_uint_eq(n_heard, 1);
        ck_assert_uint_eq(n_wrong, 1);
}
END_TEST

int main(void) {
        const TTest *const tests[] = { orders_wait_for_a_slow_zygote, what_waits_is_bounded,
                a_dead_zygote_is_heard_to_the_end, what_is_wrong_is_told_once,
                what_is_said_out_of_turn_is_wrong };
        Suite *suite = suite_create("zygote-link");
        TCase *tcase = tcase_create("zygote-link");

        tcase_add_checked_fixture(tcase, setup, teardown);
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
