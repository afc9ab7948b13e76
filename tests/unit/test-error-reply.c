/* SPDX-License-Identifier: MIT */
/* Requests that are not served to their end: refused for their parameters or their role, or aborted. */
#include "fcgi-peer.h"

/* What cannot be served is answered all the same, and the rest of it is not the next request. */
static void check_refused(
                const FcgiLimits *limits, const Bytes *params, size_t piece, int expected) {
        Peer peer;
        Reply reply;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, limits);
        size_t n;

        add_begin(&peer.input, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
        add_stream(&peer.input, FCGI_PARAMS, params, piece, 1);
        add_record(&peer.input, FCGI_STDIN, 1, "body");
        add_record(&peer.input, FCGI_STDIN, 1, "");
        add_request(&peer.input, 0, "good", "");
        peer_start(&peer);

        ck_assert_int_eq(fcgi_request_read(req), expected);
        (void) fcgi_request_params(req, &n);
        ck_assert_uint_eq(n, 0);
        ck_assert_ptr_null(fcgi_request_param(req, "N", 1));
        ck_assert_int_eq(fcgi_request_write(req, "refused", 7), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        serve_ok(req, "good");
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq((char *) reply.out.data, "refused");
        ck_assert_str_eq(reply.order, "OOE");
        reply_done(&reply);
        pair_close(&peer, req);
}

START_TEST(test_wrong_lengths_in_params) {
        Bytes bytes = {};

        bytes_add(&bytes, "\xff\xff\xff\xff\xff\xff\xff\xffX", 9);
        check_refused(&TEST_LIMITS, &bytes, 0xffff, -EINVAL);
        bytes_done(&bytes);
}
END_TEST

START_TEST(test_nul_in_params) {
        Bytes bytes = {};

        bytes_add(&bytes, "\x01\x03Na\0b", 6);
        check_refused(&TEST_LIMITS, &bytes, 0xffff, -EINVAL);
        bytes_done(&bytes);
}
END_TEST

/* 0: too long by little, 1: by far and in many records, 2: too many. */
START_TEST(test_too_many_params) {
        FcgiLimits limits = TEST_LIMITS;
        Bytes bytes = {};
        char text[1000];

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        limits.params_bytes = _i == 2 ? 100000 : 1000;
        limits.params_count = 10;
        for (int i = 0; i < (_i == 0 ? 1 : 300); i++) {
                char name[2] = { (char) ('A' + i % 26) };

                add_pair(&bytes, name, _i == 2 ? "value" : text);
        }
        check_refused(&limits, &bytes, _i == 0 ? 0xffff : 777, -E2BIG);
        bytes_done(&bytes);
}
END_TEST

/* The one that is to be served is, and the one before it gets its end and nothing else. */
static void check_passed_over(Peer *peer, FcgiRequest *req, uint8_t status) {
        Reply reply;

        peer_send(peer, &peer->input);
        serve_ok(req, "good");
        pair_reply(peer, req, &reply);
        ck_assert_str_eq(reply.order, "E");
        ck_assert_uint_eq(reply.end_body[4], status);
        reply_done(&reply);
        pair_close(peer, req);
}

START_TEST(test_wrong_role_on_kept_connection) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_begin(&peer.input, 1, FCGI_FILTER, FCGI_KEEP_CONN);
        add_record(&peer.input, FCGI_PARAMS, 1, "\x01\x03Nbad");
        add_record(&peer.input, FCGI_PARAMS, 1, "");
        add_record(&peer.input, FCGI_STDIN, 1, "ignored");
        add_record(&peer.input, FCGI_STDIN, 1, "");
        add_request(&peer.input, 0, "good", "");
        check_passed_over(&peer, req, FCGI_UNKNOWN_ROLE);
}
END_TEST

/* As php-fpm has it; by the specification it has no STDIN, and none is waited for. */
START_TEST(test_authorizer) {
        uint64_t start = clock_now_usec();
        FcgiLimits limits = TEST_LIMITS;
        Peer peer;
        FcgiRequest *req;

        limits.drain_usec = 5000000;
        req = pair_open(&peer, KIND_UNIX, &limits);
        add_begin(&peer.input, 1, FCGI_AUTHORIZER, FCGI_KEEP_CONN);
        add_record(&peer.input, FCGI_PARAMS, 1, "\x01\x04Nmine");
        add_record(&peer.input, FCGI_PARAMS, 1, "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "mine");
        ck_assert_str_eq(fcgi_request_param(req, "FCGI_ROLE", 9), "AUTHORIZER");
        ck_assert_int_eq(fcgi_request_fcgx(req)->role, FCGI_AUTHORIZER);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);

        /* One that sends the end record late is served as well. */
        add_record(&peer.tail, FCGI_STDIN, 1, "");
        add_request(&peer.tail, 0, "next", "");
        peer_send(&peer, &peer.tail);
        serve_ok(req, "next");
        ck_assert_str_eq(fcgi_request_param(req, "FCGI_ROLE", 9), "RESPONDER");
        ck_assert_uint_le(clock_now_usec() - start, 2000000);
        pair_close(&peer, req);
}
END_TEST

/* The peer gets its answer and the end, though much of what it sends was never looked at. */
START_TEST(test_wrong_role) {
        Peer peer;
        Reply reply;
        Bytes body = {};
        FcgiRequest *req = pair_open(&peer, _i, &TEST_LIMITS);

        body.data = calloc(1, 1 << 20);
        body.size = 1 << 20;
        add_begin(&peer.input, 9, 77, 0);
        add_stream(&peer.input, FCGI_STDIN, &body, 0xffff, 0);
        peer_start(&peer);
        ck_assert_int_eq(fcgi_request_read(req), -ECANCELED);
        pair_reply(&peer, req, &reply);
        ck_assert_int_eq(peer.send_error, 0);
        ck_assert_int_eq(peer.read_error, 0);
        ck_assert_str_eq(reply.order, "E");
        ck_assert_uint_eq(reply.end_id, 9);
        ck_assert_uint_eq(reply.end_body[4], FCGI_UNKNOWN_ROLE);
        reply_done(&reply);
        bytes_done(&body);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_abort_in_head) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_begin(&peer.input, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
        add_record(&peer.input, FCGI_PARAMS, 1, "\x01\x03Nbad");
        add_record(&peer.input, FCGI_ABORT_REQUEST, 1, "");
        add_head(&peer.input, 0, "good");
        check_passed_over(&peer, req, FCGI_REQUEST_COMPLETE);
}
END_TEST

START_TEST(test_abort_in_body) {
        char text[16];
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_head(&peer.input, FCGI_KEEP_CONN, "value");
        add_record(&peer.input, FCGI_STDIN, 1, "half");
        add_record(&peer.input, FCGI_ABORT_REQUEST, 1, "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "value");
        ck_assert(!fcgi_request_aborted(req));
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 4);
        ck_assert(fcgi_request_aborted(req));
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 0);
        ck_assert_int_eq(fcgi_request_body_error(req), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        pair_close(&peer, req);
}
END_TEST

/* 0: no body, 1: a body that was read, 2: one that was not: then nobody looks so far. */
START_TEST(test_abort_while_it_runs) {
        char text[16];
        Peer peer;
        Bytes abort = {};
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_request(&peer.input, FCGI_KEEP_CONN, "value", _i > 0 ? "body" : "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "value");
        if (_i == 1)
                ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 4);
        fcgi_request_check_abort(req);
        ck_assert(!fcgi_request_aborted(req));

        add_record(&abort, FCGI_ABORT_REQUEST, 2, "");
        peer_send(&peer, &abort);
        fcgi_request_check_abort(req);
        ck_assert(!fcgi_request_aborted(req));
        abort.size = 0;

        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        bytes_add(&abort, peer.input.data, peer.input.size);
        add_record(&abort, FCGI_ABORT_REQUEST, 1, "");
        peer_send(&peer, &abort);
        serve_ok(req, "value");
        if (_i == 1)
                ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 4);
        fcgi_request_check_abort(req);
        ck_assert(fcgi_request_aborted(req) == (_i < 2));
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);

        abort.size = 0;
        add_head(&abort, 0, "next");
        peer_send(&peer, &abort);
        serve_ok(req, "next");
        bytes_done(&abort);
        pair_close(&peer, req);
}
END_TEST

/* The next request, queued behind this one, is not taken for anything and not lost. */
START_TEST(test_look_leaves_the_next_request) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_request(&peer.input, FCGI_KEEP_CONN, "one", "");
        add_request(&peer.input, FCGI_KEEP_CONN, "two", "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "one");
        fcgi_request_check_abort(req);
        ck_assert(!fcgi_request_aborted(req));
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        serve_ok(req, "two");
        pair_close(&peer, req);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("error-reply");
        TCase *tcase = tcase_create("error-reply");

        tcase_add_test(tcase, test_wrong_lengths_in_params);
        tcase_add_test(tcase, test_nul_in_params);
        tcase_add_loop_test(tcase, test_too_many_params, 0, 3);
        tcase_add_test(tcase, test_wrong_role_on_kept_connection);
        tcase_add_test(tcase, test_authorizer);
        tcase_add_loop_test(tcase, test_wrong_role, KIND_UNIX, KIND_TCP + 1);
        tcase_add_test(tcase, test_abort_in_head);
        tcase_add_test(tcase, test_abort_in_body);
        tcase_add_loop_test(tcase, test_abort_while_it_runs, 0, 3);
        tcase_add_test(tcase, test_look_leaves_the_next_request);
        return run_suite(suite, tcase);
}
