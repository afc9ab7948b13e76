/* SPDX-License-Identifier: MIT */
/* How long a peer can hold a worker that asks, reads slowly or never ends. */
#include "fcgi-peer.h"

/* Takes a little now and then: no send ever fails for silence. */
static void *sip(void *userdata) {
        int fd = *(int *) userdata;
        char bytes[512];

        while (recv(fd, bytes, sizeof(bytes), 0) > 0)
                usleep(20000);
        return NULL;
}

static FcgiRequest *open_with_sips(Peer *peer, pthread_t *ret_thread, const FcgiLimits *limits) {
        FcgiRequest *req = pair_open(peer, KIND_UNIX, limits);
        int size = 1;

        ck_assert_int_eq(setsockopt(fcgi_request_fd(req), SOL_SOCKET, SO_SNDBUF, &size,
                                         sizeof(size)),
                        0);
        ck_assert_int_eq(pthread_create(ret_thread, NULL, sip, &peer->fd), 0);
        return req;
}

static void close_with_sips(Peer *peer, FcgiRequest *req, pthread_t thread) {
        close(fcgi_request_detach(req));
        pthread_join(thread, NULL);
        pair_close(peer, req);
}

/* 64 KB of questions held a worker for a minute. In the head, in the body, behind the answer. */
START_TEST(test_many_questions) {
        char text[16];
        FcgiLimits limits = TEST_LIMITS;
        pthread_t thread;
        Peer peer;
        FcgiRequest *req = open_with_sips(&peer, &thread, &limits);
        uint64_t start = clock_now_usec();
        int r;

        add_begin(&peer.input, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
        if (_i > 0)
                add_record(&peer.input, FCGI_PARAMS, 1, "");
        for (int i = 0; i < 8000; i++)
                if (_i == 3)
                        add_begin(&peer.input, 2, FCGI_RESPONDER, 0);
                else
                        add_record(&peer.input, 200, 0, "");
        peer_send(&peer, &peer.input);

        r = fcgi_request_read(req);
        if (_i > 0)
                ck_assert_int_eq(r, 0);
        else
                ck_assert(r == -EBADMSG || r == -ETIMEDOUT); /* on a slow machine */
        if (_i == 1) {
                ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 0);
                ck_assert_int_lt(fcgi_request_body_error(req), 0);
        }
        if (_i > 0)
                ck_assert_int_le(fcgi_request_finish(req, 0), 0);
        ck_assert_uint_le(clock_now_usec() - start, 5000000);
        close_with_sips(&peer, req, thread);
}
END_TEST

/* Answers without a script are short, and a peer that has not read those before is not waited for either. */
START_TEST(test_deadline_of_sending) {
        static char bytes[60000];
        FcgiLimits limits = TEST_LIMITS;
        pthread_t thread;
        Peer peer;
        FcgiRequest *req;
        uint64_t start;

        limits.write_stall_usec = 10000000;
        req = open_with_sips(&peer, &thread, &limits);
        add_request(&peer.input, 0, "value", "");
        peer_send(&peer, &peer.input);
        ck_assert_int_eq(fcgi_request_read(req), 0);
        start = clock_now_usec();
        fcgi_request_hurry(req);
        ck_assert_int_eq(fcgi_request_write(req, bytes, sizeof(bytes)), -ETIMEDOUT);
        ck_assert_uint_ge(clock_now_usec() - start, limits.drain_usec);
        ck_assert_uint_le(clock_now_usec() - start, 5000000);
        close_with_sips(&peer, req, thread);
}
END_TEST

/* A peer that sends records of no meaning faster than they are read does not hold it either: one look has an end. */
START_TEST(test_look_is_bounded) {
        static char nothing[8000];
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_head(&peer.input, 0, "value");
        for (int i = 0; i < 18; i++)
                add_record_padded(&peer.input, FCGI_DATA, 1, nothing, sizeof(nothing), 0);
        add_record(&peer.input, FCGI_ABORT_REQUEST, 1, "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "value");
        fcgi_request_check_abort(req);
        ck_assert(!fcgi_request_aborted(req));
        fcgi_request_check_abort(req);
        ck_assert(fcgi_request_aborted(req));
        pair_close(&peer, req);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fcgi-deadlines");
        TCase *tcase = tcase_create("fcgi-deadlines");

        tcase_add_loop_test(tcase, test_many_questions, 0, 4);
        tcase_add_test(tcase, test_deadline_of_sending);
        tcase_add_test(tcase, test_look_is_bounded);
        return run_suite(suite, tcase);
}
