/* SPDX-License-Identifier: MIT */
/* Proves how managers are asked in turns: never more at a time than may be, and one that does not answer keeps the
 * others waiting no longer than it may. The managers are this file's. */

#include "fpmctl/pools/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "unit.h"

enum {
        POOLS = 10,
        UNASKED = -1,
};

#define MSEC (USEC_PER_SEC / 1000)

static char folder[] = "/tmp/fpmd-client-XXXXXX";
static Question questions[POOLS];
static struct Manager {
        char name[16];
        int listener, peer;
        bool is_silent;
} managers[POOLS];
static uint64_t nap_usec; /* of progress(), when all have replied */
static size_t n_most;     /* asked at one time */

/* In the place of contract/control.c. */
int control_path(char *buffer, size_t size, const char *pool) {
        int n = snprintf(buffer, size, "%s/%s", folder, pool);

        return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}

int control_root_path(char *buffer, size_t size, const char *pool) {
        return control_path(buffer, size, pool);
}

size_t control_json_max(ControlVerb verb) {
        (void) verb;
        return 0;
}

bool control_values_fit(const char *text, size_t size) {
        return text && size == 0;
}

int control_reply_check(const ControlReply *reply, size_t size) {
        return reply && size == CONTROL_REPLY_MIN ? 0 : -EBADMSG;
}

static void set_up(void) {
        ck_assert_ptr_nonnull(mkdtemp(folder));
        nap_usec = n_most = 0;
        for (size_t i = 0; i < POOLS; i++) {
                struct Manager *manager = &managers[i];
                struct sockaddr_un address = { .sun_family = AF_UNIX };

                *manager = (struct Manager){ .peer = UNASKED };
                snprintf(manager->name, sizeof(manager->name), "pool%zu", i);
                ck_assert_int_eq(control_path(address.sun_path, sizeof(address.sun_path),
                                                 manager->name),
                                0);
                manager->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
                ck_assert_int_eq(bind(manager->listener, (struct sockaddr *) &address,
                                                 sizeof(address)),
                                0);
                ck_assert_int_eq(listen(manager->listener, 1), 0);
                question_init(&questions[i], manager->name, CONTROL_RELOAD);
        }
}

static void tear_down(void) {
        for (size_t i = 0; i < POOLS; i++) {
                char path[64];

                if (control_path(path, sizeof(path), managers[i].name) == 0)
                        (void) unlink(path);
                (void) close(managers[i].listener);
                if (managers[i].peer >= 0)
                        (void) close(managers[i].peer);
                question_done(&questions[i]);
        }

        (void) rmdir(folder);
}

static void reply(const struct Manager *manager) {
        const ControlReply good = { .version = CONTROL_VERSION };

        ck_assert_int_eq(send(manager->peer, &good, CONTROL_REPLY_MIN, 0), CONTROL_REPLY_MIN);
}

/* The managers' turn: each that is asked replies, but for the silent ones. */
static void serve(void *userdata) {
        size_t n_asked = 0;

        ck_assert_ptr_eq(userdata, managers);
        for (size_t i = 0; i < POOLS; i++) {
                n_asked += questions[i].begun && questions[i].result == -EINPROGRESS;
                if (managers[i].peer >= 0)
                        continue;

                managers[i].peer = accept(managers[i].listener, NULL, NULL);
                if (managers[i].peer >= 0 && !managers[i].is_silent)
                        reply(&managers[i]);
        }

        n_most = n_asked > n_most ? n_asked : n_most;
        (void) usleep((useconds_t) nap_usec);
}

static ClientTurns turns_of(size_t n_at_once, uint64_t slow_usec) {
        return (ClientTurns){ .n_at_once = n_at_once,
                .slow_usec = slow_usec,
                .progress = serve,
                .userdata = managers };
}

static void check_all(int result) {
        for (size_t i = 0; i < POOLS; i++)
                ck_assert_int_eq(questions[i].result, managers[i].is_silent ? -ETIMEDOUT : result);
}

START_TEST(no_more_than_that_at_a_time) {
        ClientTurns turns = turns_of(3, 0);

        client_ask_in_turns(questions, POOLS, 10 * USEC_PER_SEC, &turns);
        check_all(0);
        ck_assert_uint_eq(n_most, 3);
}
END_TEST

/* Each has its time from its own turn on. */
START_TEST(those_behind_silent_ones_have_their_time) {
        ClientTurns turns = turns_of(1, 0);

        managers[0].is_silent = managers[1].is_silent = true;
        client_ask_in_turns(questions, POOLS, 100 * MSEC, &turns);
        check_all(0);
        ck_assert_uint_eq(n_most, 1);
}
END_TEST

START_TEST(a_silent_one_keeps_no_place) {
        ClientTurns turns = turns_of(2, 50 * MSEC);
        uint64_t begin = clock_now_usec();

        for (size_t i = 0; i < 5; i++)
                managers[i].is_silent = true;
        client_ask_in_turns(questions, POOLS, 600 * MSEC, &turns);
        check_all(0);
        for (size_t i = 0; i < POOLS; i++)
                ck_assert(questions[i].is_slow == managers[i].is_silent);
        /* One after the other they would have taken five times as long. */
        ck_assert_uint_lt(clock_now_usec() - begin, 1200 * MSEC);
        ck_assert_uint_ge(n_most, 5);
}
END_TEST

/* A reader of the output stops it for a while, as a pager does. */
START_TEST(a_reply_that_lay_there_is_not_late) {
        ClientTurns turns = turns_of(POOLS, 0);

        nap_usec = 200 * MSEC;
        client_ask_in_turns(questions, POOLS, 100 * MSEC, &turns);
        check_all(0);
}
END_TEST

static void refuse_odd(Question *question, void *userdata) {
        size_t i = (size_t) (question - questions);

        ck_assert_ptr_eq(userdata, managers);
        if (i % 2 == 1)
                question->result = -ECANCELED;
}

START_TEST(one_with_a_result_is_not_asked) {
        ClientTurns turns = turns_of(2, 0);

        turns.begin = refuse_odd;
        questions[4].result = -ENOTCONN;
        client_ask_in_turns(questions, POOLS, 10 * USEC_PER_SEC, &turns);
        for (size_t i = 0; i < POOLS; i++) {
                ck_assert_int_eq(questions[i].result, i == 4       ? -ENOTCONN
                                                      : i % 2 == 1 ? -ECANCELED
                                                                   : 0);
                ck_assert((managers[i].peer == UNASKED) == (i == 4 || i % 2 == 1));
        }
}
END_TEST

START_TEST(there_are_more_managers_than_fds) {
        Question many[2000];
        struct rlimit limit = { 60, 60 };

        for (size_t i = 0; i < ELEMENTSOF(many); i++)
                question_init(&many[i], managers[i % POOLS].name, CONTROL_STATUS);
        for (size_t i = 0; i < POOLS; i++)
                ck_assert_int_eq(listen(managers[i].listener, (int) ELEMENTSOF(many)), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);

        if (fork() == 0) {
                struct pollfd fds[POOLS];
                ControlRequest request;

                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;) {
                        for (size_t i = 0; i < POOLS; i++)
                                fds[i] = (struct pollfd){ managers[i].listener, POLLIN, 0 };
                        (void) poll(fds, POOLS, -1);
                        for (size_t i = 0; i < POOLS; i++) {
                                managers[i].peer = accept(managers[i].listener, NULL, NULL);
                                if (managers[i].peer < 0)
                                        continue;
                                (void) recv(managers[i].peer, &request, sizeof(request), 0);
                                reply(&managers[i]);
                                (void) close(managers[i].peer);
                        }
                }
        }

        client_ask(many, ELEMENTSOF(many), 10 * USEC_PER_SEC);
        for (size_t i = 0; i < ELEMENTSOF(many); i++) {
                ck_assert_int_eq(many[i].result, 0);
                question_done(&many[i]);
        }
}
END_TEST

/* The folder may be the user's of another pool, who has put a link there. */
START_TEST(a_link_leads_to_nobody) {
        char path[64], target[64];
        Question question;

        ck_assert_int_eq(control_path(path, sizeof(path), "link"), 0);
        ck_assert_int_eq(control_path(target, sizeof(target), managers[0].name), 0);
        ck_assert_int_eq(symlink(target, path), 0);
        question_init(&question, "link", CONTROL_RELOAD);
        client_ask(&question, 1, 100 * MSEC);
        ck_assert_int_eq(question.result, -ELOOP);

        managers[0].peer = accept(managers[0].listener, NULL, NULL);
        ck_assert_int_ge(managers[0].peer, 0);
        ck_assert_int_eq(recv(managers[0].peer, path, sizeof(path), MSG_DONTWAIT), 0);
        ck_assert_int_eq(control_path(path, sizeof(path), "link"), 0);
        ck_assert_int_eq(unlink(path), 0);
        question_done(&question);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fpmctl-client");
        TCase *tcase = tcase_create("turns");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, no_more_than_that_at_a_time);
        tcase_add_test(tcase, those_behind_silent_ones_have_their_time);
        tcase_add_test(tcase, a_silent_one_keeps_no_place);
        tcase_add_test(tcase, a_reply_that_lay_there_is_not_late);
        tcase_add_test(tcase, one_with_a_result_is_not_asked);
        tcase_add_test(tcase, there_are_more_managers_than_fds);
        tcase_add_test(tcase, a_link_leads_to_nobody);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
