/* SPDX-License-Identifier: MIT */
#include "fcgi-peer.h"

START_TEST(test_small_reply_is_one_send) {
        uint8_t bytes[1000];
        Bytes packet = { .data = bytes };
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_PACKETS, 0, "");

        ck_assert_int_eq(fcgi_request_write(req, "Status: 404\r\n", 13), 0);
        ck_assert_int_eq(fcgi_request_write_error(req, "oh", 2), 0);
        ck_assert_int_eq(fcgi_request_write(req, "\r\n", 2), 0);
        ck_assert_int_eq(fcgi_request_write(req, "body", 4), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0x01020304), 0);
        packet.size = (size_t) recv(peer.fd, bytes, sizeof(bytes), 0);
        ck_assert_int_eq(recv(peer.fd, bytes, sizeof(bytes), MSG_DONTWAIT), -1);

        reply_parse(&reply, &packet);
        ck_assert_str_eq(reply.order, "OeOeOE");
        ck_assert_str_eq((char *) reply.out.data, "Status: 404\r\n\r\nbody");
        ck_assert_str_eq((char *) reply.err.data, "oh");
        ck_assert_mem_eq(reply.end_body, "\1\2\3\4\0\0\0\0", 8);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_empty_reply) {
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "");

        ck_assert_int_eq(fcgi_request_write(req, "", 0), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq(reply.order, "OE");
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_streams_interleave) {
        char expected_out[4000] = "", expected_err[4000] = "";
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "");
        FCGX_Request *fcgx = fcgi_request_fcgx(req);

        for (int i = 0; i < 200; i++) {
                char *expected = i % 3 ? expected_out : expected_err;

                sprintf(expected + strlen(expected), "%d,", i);
                if (i % 2)
                        ck_assert_int_ge(FCGX_FPrintF(i % 3 ? fcgx->out : fcgx->err, "%d,", i), 2);
                else {
                        char text[16];

                        sprintf(text, "%d,", i);
                        ck_assert_int_eq((i % 3 ? fcgi_request_write : fcgi_request_write_error)(
                                                         req, text, strlen(text)),
                                        0);
                }
        }
        ck_assert_int_eq(FCGX_FClose(fcgx->err), 0);
        ck_assert_int_eq(FCGX_FClose(fcgx->out), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq((char *) reply.out.data, expected_out);
        ck_assert_str_eq((char *) reply.err.data, expected_err);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* FCGX_FFlush() also where the other stream wrote last. */
START_TEST(test_flush) {
        uint8_t bytes[100];
        Peer peer;
        FcgiRequest *req = serve(&peer, KIND_PACKETS, 0, "");
        FCGX_Request *fcgx = fcgi_request_fcgx(req);

        ck_assert_int_eq(fcgi_request_flush(req), 0);
        FCGX_PutStr("out", 3, fcgx->out);
        FCGX_PutStr("error", 5, fcgx->err);
        ck_assert_int_eq(recv(peer.fd, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
        ck_assert_int_eq(FCGX_FFlush(fcgx->out), 0);
        ck_assert_int_eq(recv(peer.fd, bytes, sizeof(bytes), MSG_DONTWAIT), 32);
        ck_assert_int_eq(FCGX_FFlush(fcgx->out), 0);
        ck_assert_int_eq(FCGX_FFlush(fcgx->err), 0);
        ck_assert_int_eq(recv(peer.fd, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
        fcgi_request_write_error(req, "x", 1);
        ck_assert_int_eq(fcgi_request_flush(req), 0);
        ck_assert_int_eq(recv(peer.fd, bytes, sizeof(bytes), MSG_DONTWAIT), 16);
        pair_close(&peer, req);
}
END_TEST

static void write_some(FcgiRequest *req, int round, const uint8_t *data, size_t size) {
        FCGX_Request *fcgx = fcgi_request_fcgx(req);

        if (round % 3 == 0)
                ck_assert_int_eq(FCGX_PutStr((const char *) data, (int) size, fcgx->out),
                                (int) size);
        else
                ck_assert_int_eq(fcgi_request_write(req, data, size), 0);

        if (round % 5 == 0)
                ck_assert_int_eq(fcgi_request_write_error(req, data, size / 7), 0);
        if (round % 11 == 0)
                ck_assert_int_eq(fcgi_request_flush(req), 0);
}

/* Pieces of every size, through both interfaces, to a peer that reads slowly. */
START_TEST(test_large_reply) {
        static const size_t total = 6 << 20;
        uint8_t *data = malloc(total);
        Bytes err = {};
        size_t at = 0, size;
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, _i, 0, "");

        peer.input.size = 0;
        peer.read_pause_usec = 500;
        peer_start(&peer);
        for (size_t i = 0; i < total; i++)
                data[i] = (uint8_t) (i * 31 + i / 255);
        for (int round = 0; at < total; round++, at += size) {
                size = ((size_t) round * 7919 + 1) % (round % 8 ? 40000 : 1500000);
                size = size < total - at ? size : total - at;
                write_some(req, round, data + at, size);
                if (round % 5 == 0)
                        bytes_add(&err, data + at, size / 7);
        }
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_int_eq(peer.read_error, 0);
        ck_assert_uint_eq(reply.out.size, total);
        ck_assert(memcmp(reply.out.data, data, total) == 0);
        ck_assert_uint_eq(reply.err.size, err.size);
        ck_assert(memcmp(reply.err.data, err.data, err.size) == 0);
        ck_assert_uint_eq(reply.end_id, 1);
        free(data);
        bytes_done(&err);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* No SIGPIPE, one sticky error, and the script can go on writing. */
START_TEST(test_peer_goes_away) {
        char *data = calloc(1, 1 << 20);
        Peer peer;
        FcgiRequest *req = serve(&peer, _i, 0, "");
        FCGX_Request *fcgx = fcgi_request_fcgx(req);
        int r;

        close(peer.fd);
        do
                r = fcgi_request_write(req, data, 1 << 20);
        while (r == 0);
        ck_assert(r == -EPIPE || r == -ECONNRESET);
        ck_assert_int_eq(fcgi_request_broken(req), r);
        ck_assert_int_eq(fcgi_request_write(req, "x", 1), r);
        ck_assert_int_eq(fcgi_request_write_error(req, "x", 1), r);
        ck_assert_int_eq(fcgi_request_flush(req), r);
        ck_assert_int_eq(FCGX_PutStr("x", 1, fcgx->out), -1);
        ck_assert_int_eq(FCGX_PutChar('x', fcgx->err), -1);
        ck_assert_int_eq(FCGX_GetError(fcgx->out), -r);
        ck_assert_int_eq(fcgi_request_finish(req, 0), r);

        close(fcgi_request_detach(req));
        ck_assert_int_eq(fcgi_request_detach(req), -EBADF);
        free(data);
        peer.fd = -1;
        pair_close(&peer, req);
}
END_TEST

START_TEST(test_peer_does_not_read) {
        char *data = calloc(1, 1 << 20);
        uint64_t start = clock_now_usec();
        Peer peer;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "");

        ck_assert_int_eq(fcgi_request_write(req, data, 1 << 20), -ETIMEDOUT);
        ck_assert_uint_ge(clock_now_usec() - start, 100000);
        start = clock_now_usec();
        ck_assert_int_eq(fcgi_request_finish(req, 0), -ETIMEDOUT);
        ck_assert_uint_le(clock_now_usec() - start, 50000);
        free(data);
        pair_close(&peer, req);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fcgi-writer");
        TCase *tcase = tcase_create("fcgi-writer");

        tcase_add_test(tcase, test_small_reply_is_one_send);
        tcase_add_test(tcase, test_empty_reply);
        tcase_add_test(tcase, test_streams_interleave);
        tcase_add_test(tcase, test_flush);
        tcase_add_loop_test(tcase, test_large_reply, KIND_UNIX, KIND_TCP + 1);
        tcase_add_loop_test(tcase, test_peer_goes_away, KIND_UNIX, KIND_TCP + 1);
        tcase_add_test(tcase, test_peer_does_not_read);
        return run_suite(suite, tcase);
}
