/* SPDX-License-Identifier: MIT */
/* The second half of src/php/fastcgi/fcgi_request.c: the end of a request and what follows it. */

#include "fcgi-peer.h"

START_TEST(test_after_finish) {
        char c;
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "unread");
        FCGX_Request *fcgx = fcgi_request_fcgx(req);

        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_int_eq(fcgi_request_write(req, "x", 1), -ESHUTDOWN);
        ck_assert_int_eq(fcgi_request_flush(req), -ESHUTDOWN);
        ck_assert_int_eq(FCGX_PutStr("x", 1, fcgx->out), -1);
        ck_assert_uint_eq(fcgi_request_read_body(req, &c, 1), 0);
        ck_assert_int_eq(FCGX_GetChar(fcgx->in), -1);
        ck_assert_str_eq(fcgi_request_param(req, "N", 1), "value");
        ck_assert_int_eq(fcgi_request_read(req), -ESHUTDOWN);
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq(reply.order, "OE");
        ck_assert_str_eq(fcgi_request_param(req, "N", 1), "value");
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* What came in one packet with the first request is not lost. */
START_TEST(test_kept_connection) {
        Peer peer;
        Reply reply;
        FcgiRequest *req = pair_open(&peer, _i, &TEST_LIMITS);

        add_request(&peer.input, FCGI_KEEP_CONN, "one", "body");
        add_request(&peer.input, FCGI_KEEP_CONN, "two", "");
        peer_send(&peer, &peer.input);
        ck_assert(!fcgi_request_has_input(req));
        serve_ok(req, "one");
        ck_assert_int_eq(fcgi_request_fcgx(req)->keepConnection, 1);
        fcgi_request_write(req, "1", 1);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        ck_assert(fcgi_request_has_input(req));

        serve_ok(req, "two");
        fcgi_request_write_error(req, "2", 1);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        ck_assert(!fcgi_request_has_input(req));

        shutdown(peer.fd, SHUT_WR);
        ck_assert_int_eq(fcgi_request_read(req), -ENODATA);
        pair_reply(&peer, req, &reply);
        ck_assert_str_eq(reply.order, "OOEeeOE");
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* CVE-2026-129289 of php-fpm: a body of records, left unread, was served as the next request. */
START_TEST(test_unread_body_is_no_request) {
        char some[10];
        Bytes evil = {};
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        add_request(&evil, FCGI_KEEP_CONN, "evil", "");
        add_head(&peer.input, FCGI_KEEP_CONN, "one");
        for (int i = 0; i < 500; i++)
                add_stream(&peer.tail, FCGI_STDIN, &evil, 5000, 0),
                                peer.tail.size -= FCGI_HEADER_LEN;
        bytes_add(&peer.input, peer.tail.data, peer.tail.size);
        add_record(&peer.input, FCGI_STDIN, 1, "");
        peer.tail.size = 0;
        add_request(&peer.input, FCGI_KEEP_CONN, "good", "");
        peer_send(&peer, &peer.input);

        ck_assert_int_eq(fcgi_request_read(req), 0);
        if (_i == 1)
                ck_assert_uint_eq(fcgi_request_read_body(req, some, sizeof(some)), sizeof(some));
        if (_i == 2)
                ck_assert_int_eq(FCGX_GetStr(some, sizeof(some), fcgi_request_fcgx(req)->in),
                                sizeof(some));
        ck_assert_int_eq(fcgi_request_finish(req, 0), 1);
        serve_ok(req, "good");
        bytes_done(&evil);
        pair_close(&peer, req);
}
END_TEST

/* 0: silence, 1: too much, 2: a new request before the old body's end, 3: the same with its own id.
 */
START_TEST(test_unread_body_without_end) {
        uint64_t start = clock_now_usec();
        Bytes body = {};
        Peer peer;
        FcgiRequest *req = pair_open(&peer, KIND_UNIX, &TEST_LIMITS);

        body.data = calloc(1, 60000);
        body.size = 60000;
        add_head(&peer.input, FCGI_KEEP_CONN, "one");
        add_record(&peer.input, FCGI_STDIN, 1, "begin");
        if (_i >= 2)
                add_begin(&peer.input, _i == 2 ? 1 : 2, FCGI_RESPONDER, FCGI_KEEP_CONN);
        add_stream(&peer.tail, FCGI_STDIN, &body, 6000, 0);
        peer.tail.size -= FCGI_HEADER_LEN;
        peer.flood = _i == 1;
        if (_i != 1)
                peer.tail.size = 0;
        peer_start(&peer);

        ck_assert_int_eq(fcgi_request_read(req), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_int_eq(fcgi_request_read(req), -ESHUTDOWN);
        ck_assert_uint_le(clock_now_usec() - start, 1000000);
        pair_end(&peer, req);
        bytes_done(&body);
        pair_close(&peer, req);
}
END_TEST

/* The request is served and ends long before drain_usec, which is to be 5 s. */
static void check_quick_end(Peer *peer, FcgiRequest *req) {
        uint64_t start = clock_now_usec();

        peer_start(peer);
        ck_assert_int_eq(fcgi_request_read(req), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_uint_le(clock_now_usec() - start, 2000000);
        pair_end(peer, req);
        pair_close(peer, req);
}

/* drain_usec is for peers that wait for us; one that has its reply closes when our side ends. */
START_TEST(test_end_record_never_comes) {
        FcgiLimits limits = TEST_LIMITS;
        Peer peer;
        FcgiRequest *req;

        limits.drain_usec = 5000000;
        req = pair_open(&peer, _i, &limits);
        add_head(&peer.input, 0, "value");
        peer.close_at_end = true;
        check_quick_end(&peer, req);
}
END_TEST

START_TEST(test_drain_bytes) {
        FcgiLimits limits = TEST_LIMITS;
        Peer peer;
        FcgiRequest *req;

        limits.drain_usec = 5000000;
        limits.drain_bytes = 100000;
        req = pair_open(&peer, KIND_UNIX, &limits);
        add_head(&peer.input, FCGI_KEEP_CONN, "value");
        for (int i = 0; i < 1000; i++)
                add_record(&peer.tail, FCGI_STDIN, 2, "of nobody");
        peer.flood = true;
        check_quick_end(&peer, req);
}
END_TEST

/* A peer that first writes all, then reads, with a script that answers at once. The end record of
 * the body comes in a write of its own. A plain close would break the peer's writes or its reply.
 */
START_TEST(test_reply_survives_input) {
        Bytes body = {};
        Peer peer;
        Reply reply;
        FcgiRequest *req = pair_open(&peer, _i & 1 ? KIND_TCP : KIND_UNIX, &TEST_LIMITS);
        char *data = calloc(1, 100000);

        body.size = _i & 2 ? 3 << 20 : 5;
        body.data = calloc(1, body.size);
        add_head(&peer.input, 0, "value");
        add_stream(&peer.input, FCGI_STDIN, &body, 8192, 0);
        peer.input.size -= FCGI_HEADER_LEN;
        add_record(&peer.tail, FCGI_STDIN, 1, "");
        peer.tail_usec = 20000;
        peer_start(&peer);

        ck_assert_int_eq(fcgi_request_read(req), 0);
        if (body.size == 5)
                ck_assert_uint_eq(fcgi_request_read_body(req, data, 5), 5);
        ck_assert_int_eq(fcgi_request_write(req, data, 100000), 0);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_int_eq(peer.send_error, 0);
        ck_assert_int_eq(peer.read_error, 0);
        ck_assert_uint_eq(reply.out.size, 100000);
        ck_assert_uint_eq(reply.end_id, 1);
        free(data);
        bytes_done(&body);
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* Why settle_input() exists: what the kernel does to the peer of a plain close. */
START_TEST(test_what_close_does_to_the_peer) {
        char text[16];
        Peer peer;
        FcgiRequest *req = serve(&peer, _i & 1 ? KIND_TCP : KIND_UNIX, 0, "");
        bool unread = _i & 2;
        int fd;

        fcgi_request_write(req, "reply", 5);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        fd = fcgi_request_detach(req);
        if (unread) {
                ck_assert_int_eq(send(peer.fd, "late", 4, MSG_NOSIGNAL), 4);
                usleep(10000);
        }
        close(fd);
        usleep(10000);

        if (unread) {
                peer_receive(&peer);
                ck_assert_uint_ge(peer.output.size, 40);
                ck_assert_int_eq(peer.read_error, ECONNRESET);
        } else {
                (void) !send(peer.fd, "late", 4, MSG_NOSIGNAL);
                usleep(10000);
                ck_assert_int_eq(send(peer.fd, "late", 4, MSG_NOSIGNAL), -1);
                ck_assert_int_eq(errno, EPIPE);
                (void) !recv(peer.fd, text, sizeof(text), 0);
        }
        pair_close(&peer, req);
}
END_TEST

/* The worker's own close, with everything read, is an orderly end, with no shutdown() before. */
START_TEST(test_orderly_end) {
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, _i, 0, "");

        fcgi_request_write(req, "reply", 5);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        ck_assert_int_eq(recv(peer.fd, &(char){ 0 }, 1, MSG_PEEK), 1);
        ck_assert_int_eq(send(peer.fd, "", 0, MSG_NOSIGNAL), 0);
        pair_reply(&peer, req, &reply);
        ck_assert_int_eq(peer.read_error, 0);
        ck_assert_str_eq(reply.order, "OOE");
        reply_done(&reply);
        pair_close(&peer, req);
}
END_TEST

/* One object serves connection after connection; errors do not stay. */
START_TEST(test_next_connection) {
        Peer peer, next;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "");
        int fds[2];

        close(peer.fd);
        fcgi_request_write(req, "x", 1);
        ck_assert_int_eq(fcgi_request_finish(req, 0), -EPIPE);
        close(fcgi_request_detach(req));
        ck_assert_int_eq(fcgi_request_broken(req), -EPIPE);
        peer.fd = -1;
        peer_done(&peer);

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        next = (Peer){ .fd = fds[1] };
        fcgi_request_attach(req, fds[0]);
        ck_assert_int_eq(fcgi_request_fd(req), fds[0]);
        add_request(&next.input, 0, "next", "body");
        peer_send(&next, &next.input);
        serve_ok(req, "next");
        ck_assert_int_eq(FCGX_PutS("fine", fcgi_request_fcgx(req)->out), 4);
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&next, req, &reply);
        ck_assert_str_eq((char *) reply.out.data, "fine");
        reply_done(&reply);
        pair_close(&next, req);
}
END_TEST

/* What a connection holds stays; what the one before has left is gone. */
START_TEST(test_release) {
        Peer peer;
        Reply reply;
        FcgiRequest *req = serve(&peer, KIND_UNIX, 0, "body");

        fcgi_request_release(req);
        ck_assert_str_eq(fcgi_request_param(req, "N", 1), "value");
        ck_assert_int_eq(fcgi_request_finish(req, 0), 0);
        pair_reply(&peer, req, &reply);
        reply_done(&reply);
        fcgi_request_release(req);
        ck_assert_ptr_null(fcgi_request_param(req, "N", 1));
        pair_close(&peer, req);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fcgi-finish");
        TCase *tcase = tcase_create("fcgi-finish");

        tcase_add_test(tcase, test_after_finish);
        tcase_add_loop_test(tcase, test_kept_connection, KIND_UNIX, KIND_PACKETS + 1);
        tcase_add_loop_test(tcase, test_unread_body_is_no_request, 0, 3);
        tcase_add_loop_test(tcase, test_unread_body_without_end, 0, 4);
        tcase_add_loop_test(tcase, test_end_record_never_comes, KIND_UNIX, KIND_TCP + 1);
        tcase_add_test(tcase, test_drain_bytes);
        tcase_add_loop_test(tcase, test_reply_survives_input, 0, 4);
        tcase_add_loop_test(tcase, test_what_close_does_to_the_peer, 0, 4);
        tcase_add_loop_test(tcase, test_orderly_end, KIND_UNIX, KIND_TCP + 1);
        tcase_add_test(tcase, test_next_connection);
        tcase_add_test(tcase, test_release);
        return run_suite(suite, tcase);
}
