/* SPDX-License-Identifier: MIT */
#include "fcgi-peer.h"

static void check_read(Kind kind, const Bytes *bytes, bool then_close, int expected) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, kind, &TEST_LIMITS);

        peer_send(&peer, bytes);
        if (then_close)
                shutdown(peer.fd, SHUT_WR);
        ck_assert_int_eq(fcgi_request_read(req), expected);
        pair_close(&peer, req);
}

START_TEST(test_request) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, _i, &TEST_LIMITS);
        FCGX_Request *fcgx = fcgi_request_fcgx(req);
        const FcgiParam *params;
        size_t n;

        add_request(&peer.input, 0, "value", "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "value");

        ck_assert_int_eq(fcgx->requestId, 1);
        ck_assert_int_eq(fcgx->role, FCGI_RESPONDER);
        ck_assert_int_eq(fcgx->keepConnection, 0);
        ck_assert_int_eq(fcgx->ipcFd, -1);
        ck_assert_str_eq(fcgx->envp[0], "FCGI_ROLE=RESPONDER");
        ck_assert_str_eq(fcgx->envp[1], "N=value");
        ck_assert_ptr_null(fcgx->envp[2]);
        ck_assert_str_eq(FCGX_GetParam("N", fcgx->envp), "value");
        ck_assert_ptr_null(fcgi_request_param(req, "M", 1));
        params = fcgi_request_params(req, &n);
        ck_assert_uint_eq(n, 2);
        ck_assert_uint_eq(params[1].value_len, 5);
        ck_assert_int_eq(FCGX_GetChar(fcgx->in), -1);
        pair_close(&peer, req);
}
END_TEST

/* Every cut, with padding everywhere and pairs over many records. */
START_TEST(test_one_byte_at_a_time) {
        Bytes params = {}, body = {};
        char text[8] = {};
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_PACKETS, &TEST_LIMITS);

        peer.chunk = 1;
        add_pair(&params, "N", "value");
        add_pair(&params, "SECOND", "2");
        add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        add_stream(&peer.input, FCGI_PARAMS, &params, 1, 3);
        bytes_add(&body, "hello", 5);
        add_stream(&peer.input, FCGI_STDIN, &body, 2, 1);
        peer_start(&peer);

        serve_ok(req, "value");
        ck_assert_str_eq(fcgi_request_param(req, "SECOND", 6), "2");
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 5);
        ck_assert_str_eq(text, "hello");
        ck_assert_int_eq(fcgi_request_body_error(req), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_end(&peer, req);
        ck_assert_int_eq(peer.send_error, 0);
        bytes_done(&params);
        bytes_done(&body);
        pair_close(&peer, req);
}
END_TEST

/* php-fpm refuses content and padding of more than 65535 together. */
START_TEST(test_largest_record) {
        char *text = malloc(100001);
        Bytes params = {};
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        memset(text, 'x', 100000);
        text[100000] = '\0';
        add_pair(&params, "N", text);
        add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        add_stream(&peer.input, FCGI_PARAMS, &params, 0xffff, 255);
        peer_send(&peer, &peer.input);
        serve_ok(req, text);
        free(text);
        bytes_done(&params);
        pair_close(&peer, req);
}
END_TEST

/* Only a close before the first byte of a request is normal. */
START_TEST(test_close_anywhere) {
        Bytes bytes = {};

        add_request(&bytes, 0, "value", "");
        bytes.size -= FCGI_HEADER_LEN; /* the end of STDIN */
        for (size_t size = 0; size < bytes.size; size++) {
                Bytes piece = { .data = bytes.data, .size = size };

                check_read(KIND_UNIX, &piece, true, size == 0 ? -ENODATA : -ECONNRESET);
        }
        check_read(KIND_UNIX, &bytes, true, 0);
        bytes_done(&bytes);
}
END_TEST

START_TEST(test_silence) {
        Bytes bytes = {};
        uint64_t start = clock_now_usec();

        check_read(_i, &bytes, false, -ETIMEDOUT);
        ck_assert_uint_ge(clock_now_usec() - start, 50000);

        start = clock_now_usec();
        bytes_add(&bytes, "\x01", 1);
        check_read(_i, &bytes, false, -ETIMEDOUT);
        ck_assert_uint_ge(clock_now_usec() - start, 150000);
        ck_assert_uint_le(clock_now_usec() - start, 1000000);
        bytes_done(&bytes);
}
END_TEST

/* head_usec is for all of it: neither drops nor a flood extend it. */
START_TEST(test_head_that_never_ends) {
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);
        uint64_t start = clock_now_usec();

        add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        for (int i = 0; i < 50000; i++)
                add_record(&peer.tail, FCGI_STDIN, 2, "");
        peer.flood = true;
        if (_i == 0) {
                peer.chunk = 1;
                peer.pause_usec = 10000;
        }
        peer_start(&peer);

        ck_assert_int_eq(fcgi_request_read(req), -ETIMEDOUT);
        ck_assert_uint_le(clock_now_usec() - start, 2000000);
        pair_end(&peer, req);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_protocol_violations) {
        Bytes version = {}, begin = {}, twice = {}, early = {}, null = {}, params = {}, values = {};

        bytes_add(&version, "GET / HTTP/1.1\r\n\r\n", 18);
        check_read(KIND_UNIX, &version, false, -EBADMSG);

        add_record(&begin, FCGI_BEGIN_REQUEST, 1, "short");
        check_read(KIND_UNIX, &begin, false, -EBADMSG);

        add_begin(&twice, 1, FCGI_RESPONDER, 0);
        add_begin(&twice, 1, FCGI_RESPONDER, 0);
        check_read(KIND_UNIX, &twice, false, -EBADMSG);

        add_begin(&early, 1, FCGI_RESPONDER, 0);
        add_record(&early, FCGI_STDIN, 1, "");
        check_read(KIND_UNIX, &early, false, -EBADMSG);

        add_begin(&null, 0, FCGI_RESPONDER, 0);
        check_read(KIND_UNIX, &null, false, -EBADMSG);

        add_record(&params, FCGI_PARAMS, 0, "");
        check_read(KIND_UNIX, &params, false, -EBADMSG);

        add_record(&values, FCGI_GET_VALUES, 0, "\x0f");
        check_read(KIND_UNIX, &values, false, -EBADMSG);
        bytes_done(&version);
        bytes_done(&begin);
        bytes_done(&twice);
        bytes_done(&early);
        bytes_done(&null);
        bytes_done(&params);
        bytes_done(&values);
}
END_TEST

static void add_values(Bytes *bytes) {
        Bytes content = {};

        add_pair(&content, FCGI_MPXS_CONNS, "");
        add_pair(&content, FCGI_MAX_CONNS, "");
        add_pair(&content, "UNKNOWN", "");
        add_record_padded(bytes, FCGI_GET_VALUES, 0, content.data, content.size, 5);
        bytes_done(&content);
}

/* libfcgi aborts on these. */
START_TEST(test_management_records_everywhere) {
        static const char expected[] = "\x0e\x01" FCGI_MAX_CONNS "7"
                                       "\x0f\x01" FCGI_MPXS_CONNS "0";
        char text[16] = {};
        Peer peer;
        Reply reply;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_values(&peer.input);
        add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        add_record(&peer.input, 200, 0, "what?");
        add_record(&peer.input, FCGI_PARAMS, 1, "\x01\x05Nva");
        add_values(&peer.input);
        add_record(&peer.input, FCGI_PARAMS, 1, "lue");
        add_record(&peer.input, FCGI_PARAMS, 1, "");
        add_record(&peer.input, FCGI_STDIN, 1, "ab");
        add_values(&peer.input);
        add_record(&peer.input, FCGI_STDIN, 1, "cd");
        add_record(&peer.input, FCGI_STDIN, 1, "");
        peer_send(&peer, &peer.input);

        serve_ok(req, "value");
        fcgi_request_write(req, "x", 1);
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 4);
        ck_assert_str_eq(text, "abcd");
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq(reply.order, "VUVOVOE");
        ck_assert_uint_eq(reply.values.size, 3 * (sizeof(expected) - 1));
        ck_assert_mem_eq(reply.values.data, expected, sizeof(expected) - 1);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_no_multiplexing) {
        char text[16] = {};
        Peer peer;
        Reply reply;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        add_begin(&peer.input, 2, FCGI_RESPONDER, 0);
        add_record(&peer.input, FCGI_PARAMS, 2, "\x01\x03Nbad");
        add_record(&peer.input, FCGI_PARAMS, 2, "");
        add_record(&peer.input, FCGI_ABORT_REQUEST, 2, "");
        add_record(&peer.input, FCGI_PARAMS, 1, "\x01\x04Ngood");
        add_record(&peer.input, FCGI_PARAMS, 1, "");
        add_record(&peer.input, FCGI_STDIN, 2, "bad");
        add_record(&peer.input, FCGI_STDIN, 1, "good");
        add_begin(&peer.input, 3, FCGI_RESPONDER, 0);
        add_record(&peer.input, FCGI_STDIN, 2, "");
        add_record(&peer.input, FCGI_STDIN, 1, "");
        peer_send(&peer, &peer.input);
        serve_ok(req, "good");
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 4);
        ck_assert_str_eq(text, "good");
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq(reply.order, "EE");
        ck_assert_uint_eq(reply.end_id, 3);
        ck_assert_uint_eq(reply.end_body[4], FCGI_CANT_MPX_CONN);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_body_by_both_interfaces) {
        Bytes body = {};
        uint8_t text[5000], *got = malloc(300000);
        size_t n = 0;
        Peer peer;
        FcgiRequest *req = pair_open(&peer, _i, &TEST_LIMITS);
        FCGX_Stream *in = fcgi_request_fcgx(req)->in;

        for (size_t i = 0; i < 300000; i++)
                bytes_add(&body, &(uint8_t){ (uint8_t) (i * 7 + i / 251) }, 1);
        add_head(&peer.input, 0, "value");
        add_stream(&peer.input, FCGI_STDIN, &body, 4321, 3);
        peer_start(&peer);
        serve_ok(req, "value");
        for (size_t size = 1; n < body.size; size = (size * 5 + 1) % sizeof(text)) {
                size_t piece;
                int c = FCGX_GetChar(in);

                ck_assert_int_eq(c, body.data[n]);
                ck_assert_int_eq(FCGX_UnGetChar(c, in), c);
                piece = size % 2 ? fcgi_request_read_body(req, text, size)
                                 : (size_t) FCGX_GetStr((char *) text, (int) size, in);
                ck_assert(piece == size || n + piece == body.size);
                memcpy(got + n, text, piece);
                n += piece;
        }
        ck_assert_mem_eq(got, body.data, body.size);
        ck_assert_int_eq(FCGX_GetChar(in), -1);
        ck_assert_int_eq(FCGX_HasSeenEOF(in), -1);
        ck_assert_int_eq(FCGX_GetError(in), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_end(&peer, req);
        free(got);
        bytes_done(&body);
        pair_close(&peer, req);
}
END_TEST

/* 0: silence, 1: the peer has closed, 2: another head. */
START_TEST(test_body_that_does_not_end) {
        static const int errors[] = { -ETIMEDOUT, -ECONNRESET, -EBADMSG };
        char text[16];
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);
        FCGX_Stream *in = fcgi_request_fcgx(req)->in;

        add_head(&peer.input, FCGI_KEEP_CONN, "value");
        add_record(&peer.input, FCGI_STDIN, 1, "half");
        if (_i == 2)
                add_begin(&peer.input, 1, FCGI_RESPONDER, 0);
        peer_send(&peer, &peer.input);
        if (_i == 1)
                shutdown(peer.fd, SHUT_WR);
        serve_ok(req, "value");
        ck_assert_int_eq(FCGX_GetStr(text, sizeof(text), in), 4);
        ck_assert_int_eq(fcgi_request_body_error(req), errors[_i]);
        ck_assert_int_eq(FCGX_GetError(in), -errors[_i]);
        ck_assert_uint_eq(fcgi_request_read_body(req, text, sizeof(text)), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_int_eq(fcgi_request_read(req), -ESHUTDOWN);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_limits_that_make_no_sense) {
        FcgiLimits limits = TEST_LIMITS;
        FcgiRequest *req;

        limits.drain_usec = 0;
        ck_assert_int_eq(fcgi_request_new(&req, &limits), -EINVAL);
        limits = FCGI_LIMITS_DEFAULT;
        limits.params_count = 0;
        ck_assert_int_eq(fcgi_request_new(&req, &limits), -EINVAL);
        ck_assert_ptr_null(fcgi_request_free(NULL));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fcgi-request");
        TCase *tcase = tcase_create("fcgi-request");

        tcase_add_loop_test(tcase, test_request, KIND_UNIX, KIND_TCP + 1);
        tcase_add_test(tcase, test_one_byte_at_a_time);
        tcase_add_test(tcase, test_largest_record);
        tcase_add_test(tcase, test_close_anywhere);
        tcase_add_loop_test(tcase, test_silence, KIND_UNIX, KIND_TCP + 1);
        tcase_add_loop_test(tcase, test_head_that_never_ends, 0, 2);
        tcase_add_test(tcase, test_protocol_violations);
        tcase_add_test(tcase, test_management_records_everywhere);
        tcase_add_test(tcase, test_no_multiplexing);
        tcase_add_loop_test(tcase, test_body_by_both_interfaces, KIND_UNIX, KIND_TCP + 1);
        tcase_add_loop_test(tcase, test_body_that_does_not_end, 0, 3);
        tcase_add_test(tcase, test_limits_that_make_no_sense);
        return run_suite(suite, tcase);
}
