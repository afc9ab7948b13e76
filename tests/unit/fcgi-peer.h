/* SPDX-License-Identifier: MIT */
#pragma once
/* The web server's side of FastCGI for the tests of src/php/fastcgi/: makes records, cuts replies.
 */

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "php/fastcgi/fcgi_connection.h"
#include "php/fastcgi/fcgi_record.h"
#include "php/fastcgi/fcgi_request.h"
#include "unit.h"

typedef struct Bytes {
        uint8_t *data;
        size_t size, capacity;
} Bytes;

static inline void bytes_add(Bytes *bytes, const void *data, size_t size) {
        if (bytes->size + size >= bytes->capacity) {
                bytes->capacity = 2 * (bytes->size + size) + 64;
                bytes->data = realloc(bytes->data, bytes->capacity);
        }
        memcpy(bytes->data + bytes->size, size > 0 ? data : "", size);
        bytes->size += size;
        bytes->data[bytes->size] = 0;
}

static inline void bytes_done(Bytes *bytes) {
        free(bytes->data);
        *bytes = (Bytes){};
}

/* The padding is not zero on purpose. */
static inline void add_record_padded(Bytes *bytes, uint8_t type, uint16_t id, const void *content,
                size_t size, uint8_t padding) {
        uint8_t header[FCGI_HEADER_LEN], filler[255];

        ck_assert_uint_le(size, 0xffff);
        memset(filler, 0xa5, sizeof(filler));
        fcgi_record_encode(header, &(FcgiRecord){ .type = type,
                                                   .id = id,
                                                   .content_len = (uint16_t) size,
                                                   .padding_len = padding });
        bytes_add(bytes, header, sizeof(header));
        bytes_add(bytes, content, size);
        bytes_add(bytes, filler, padding);
}

static inline void add_record(Bytes *bytes, uint8_t type, uint16_t id, const char *content) {
        add_record_padded(bytes, type, id, content, strlen(content), 0);
}

static inline void add_begin(Bytes *bytes, uint16_t id, uint8_t role, uint8_t flags) {
        const uint8_t body[FCGI_BODY_LEN] = { 0, role, flags };

        add_record_padded(bytes, FCGI_BEGIN_REQUEST, id, body, sizeof(body), 0);
}

static inline void add_length(Bytes *bytes, size_t size) {
        const uint8_t wide[4] = { (uint8_t) (size >> 24 | 0x80), (uint8_t) (size >> 16),
                (uint8_t) (size >> 8), (uint8_t) size };

        if (size < 0x80)
                bytes_add(bytes, wide + 3, 1);
        else
                bytes_add(bytes, wide, 4);
}

static inline void add_pair(Bytes *bytes, const char *name, const char *value) {
        add_length(bytes, strlen(name));
        add_length(bytes, strlen(value));
        bytes_add(bytes, name, strlen(name));
        bytes_add(bytes, value, strlen(value));
}

/* A stream in records of at most piece bytes, with its end record. */
static inline void add_stream(
                Bytes *bytes, uint8_t type, const Bytes *content, size_t piece, uint8_t padding) {
        for (size_t at = 0; at < content->size; at += piece) {
                size_t left = content->size - at;

                add_record_padded(bytes, type, 1, content->data + at, left < piece ? left : piece,
                                padding);
        }
        add_record_padded(bytes, type, 1, NULL, 0, padding);
}

/* BEGIN_REQUEST and PARAMS of one pair N=name. */
static inline void add_head(Bytes *bytes, uint8_t flags, const char *name) {
        Bytes params = {};

        add_pair(&params, "N", name);
        add_begin(bytes, 1, FCGI_RESPONDER, flags);
        add_stream(bytes, FCGI_PARAMS, &params, 0xffff, 0);
        bytes_done(&params);
}

static inline void add_request(Bytes *bytes, uint8_t flags, const char *name, const char *body) {
        Bytes content = {};

        add_head(bytes, flags, name);
        bytes_add(&content, body, strlen(body));
        add_stream(bytes, FCGI_STDIN, &content, 0xffff, 0);
        bytes_done(&content);
}

/* What the worker has said. */
typedef struct Reply {
        Bytes out, err;
        char order[64]; /* types of the records, one letter each */
        size_t n_records;
        uint8_t end_body[FCGI_BODY_LEN];
        uint16_t end_id;
        Bytes values;
} Reply;

static inline void reply_record(Reply *reply, const FcgiRecord *record, const uint8_t *content) {
        static const char letters[] = "?BAEPIOeDgVU";

        ck_assert_uint_lt(record->type, sizeof(letters) - 1);
        if (reply->n_records < sizeof(reply->order) - 1)
                reply->order[reply->n_records] = letters[record->type];
        reply->n_records++;

        if (record->type == FCGI_STDOUT)
                bytes_add(&reply->out, content, record->content_len);
        else if (record->type == FCGI_STDERR)
                bytes_add(&reply->err, content, record->content_len);
        else if (record->type == FCGI_GET_VALUES_RESULT)
                bytes_add(&reply->values, content, record->content_len);
        else if (record->type == FCGI_END_REQUEST) {
                ck_assert_uint_eq(record->content_len, FCGI_BODY_LEN);
                memcpy(reply->end_body, content, FCGI_BODY_LEN);
                reply->end_id = record->id;
                for (int i = 5; i < FCGI_BODY_LEN; i++)
                        ck_assert_uint_eq(content[i], 0);
        }
}

static inline void reply_parse(Reply *reply, const Bytes *bytes) {
        size_t at = 0;

        *reply = (Reply){};
        while (at < bytes->size) {
                FcgiRecord record;

                ck_assert_uint_ge(bytes->size - at, FCGI_HEADER_LEN);
                ck_assert_int_eq(fcgi_record_decode(&record, bytes->data + at), 0);
                ck_assert_uint_eq(bytes->data[at + 7], 0);
                at += FCGI_HEADER_LEN;
                ck_assert_uint_ge(
                                bytes->size - at, (size_t) record.content_len + record.padding_len);
                reply_record(reply, &record, bytes->data + at);
                for (size_t i = 0; i < record.padding_len; i++)
                        ck_assert_uint_eq(bytes->data[at + record.content_len + i], 0);
                at += (size_t) record.content_len + record.padding_len;
        }
}

static inline void reply_done(Reply *reply) {
        bytes_done(&reply->out);
        bytes_done(&reply->err);
        bytes_done(&reply->values);
}

/* A peer that runs beside the worker. */
typedef struct Peer {
        int fd;
        pthread_t thread;
        bool runs;
        Bytes input; /* sent in pieces of chunk bytes (0: whole) with pauses between */
        size_t chunk;
        useconds_t pause_usec;
        Bytes tail; /* sent tail_usec after input */
        useconds_t tail_usec;
        bool close_at_end; /* by shutdown(), so that fd stays ours */
        bool flood;        /* tail is sent until the worker closes */
        useconds_t read_pause_usec;
        int send_error, read_error;
        Bytes output;
} Peer;

static inline void peer_send(Peer *peer, const Bytes *bytes) {
        size_t chunk = peer->chunk > 0 ? peer->chunk : bytes->size;

        for (size_t at = 0; at < bytes->size && peer->send_error == 0;) {
                size_t left = bytes->size - at;
                ssize_t n = send(peer->fd, bytes->data + at, left < chunk ? left : chunk,
                                MSG_NOSIGNAL);

                if (n < 0)
                        peer->send_error = errno;
                else
                        at += (size_t) n;
                if (peer->pause_usec > 0)
                        usleep(peer->pause_usec);
        }
}

/* Reads to the end; an error instead of the end is kept for the test. */
static inline void peer_receive(Peer *peer) {
        static const size_t size = 200000;
        uint8_t *buffer = malloc(size);
        ssize_t n;

        while ((n = recv(peer->fd, buffer, size, 0)) > 0) {
                bytes_add(&peer->output, buffer, (size_t) n);
                if (peer->read_pause_usec > 0)
                        usleep(peer->read_pause_usec);
        }
        peer->read_error = n < 0 ? errno : 0;
        free(buffer);
}

static inline void *peer_run(void *userdata) {
        Peer *peer = userdata;

        peer_send(peer, &peer->input);
        usleep(peer->tail_usec);
        do
                peer_send(peer, &peer->tail);
        while (peer->flood && peer->send_error == 0);
        peer_receive(peer);
        if (peer->close_at_end)
                shutdown(peer->fd, SHUT_RDWR);
        return NULL;
}

static inline void peer_start(Peer *peer) {
        ck_assert_int_eq(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
        peer->runs = true;
}

static inline void peer_done(Peer *peer) {
        close(peer->fd);
        bytes_done(&peer->input);
        bytes_done(&peer->tail);
        bytes_done(&peer->output);
}

typedef enum Kind {
        KIND_UNIX,
        KIND_TCP,
        KIND_PACKETS, /* every send of one side is one recv of the other */
} Kind;

static inline void tcp_pair(int fds[2]) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, size), 0);
        ck_assert_int_eq(listen(fd, 1), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        fds[1] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(fds[1], (struct sockaddr *) &address, size), 0);
        fds[0] = accept(fd, NULL, NULL);
        ck_assert_int_ge(fds[0], 0);
        close(fd);
}

/* Short limits: no test waits longer than it must. */
#define TEST_LIMITS                                                                                \
        ((FcgiLimits){ .first_byte_usec = 50000,                                                   \
                        .head_usec = 150000,                                                       \
                        .body_stall_usec = 50000,                                                  \
                        .write_stall_usec = 100000,                                                \
                        .drain_usec = 150000,                                                      \
                        .drain_bytes = 4 << 20,                                                    \
                        .params_bytes = FCGI_PARAMS_BYTES_MAX,                                     \
                        .params_count = FCGI_PARAMS_COUNT_MAX,                                     \
                        .max_conns = 7 })

static inline FcgiRequest *pair_open(Peer *peer, Kind kind, const FcgiLimits *limits) {
        FcgiRequest *req;
        int fds[2];

        if (kind == KIND_TCP)
                tcp_pair(fds);
        else
                ck_assert_int_eq(socketpair(AF_UNIX,
                                                 kind == KIND_UNIX ? SOCK_STREAM : SOCK_SEQPACKET,
                                                 0, fds),
                                0);

        ck_assert_int_eq(fcgi_request_new(&req, limits), 0);
        fcgi_request_attach(req, fds[0]);
        *peer = (Peer){ .fd = fds[1] };
        return req;
}

static inline void pair_close(Peer *peer, FcgiRequest *req) {
        fcgi_request_free(req);
        peer_done(peer);
}

/* Ends the worker's side, and waits until the peer has read all. */
static inline void pair_end(Peer *peer, FcgiRequest *req) {
        close(fcgi_request_detach(req));
        if (peer->runs)
                pthread_join(peer->thread, NULL);
        else
                peer_receive(peer);
}

/* The same, and returns what the peer got. */
static inline void pair_reply(Peer *peer, FcgiRequest *req, Reply *ret) {
        pair_end(peer, req);
        reply_parse(ret, &peer->output);
}

/* With a request already read. */
static inline FcgiRequest *serve(Peer *peer, Kind kind, uint8_t flags, const char *body) {
        FcgiRequest *req = pair_open(peer, kind, &TEST_LIMITS);

        add_request(&peer->input, flags, "value", body);
        peer_send(peer, &peer->input);
        ck_assert_int_eq(fcgi_request_read(req), 0);
        return req;
}

/* Reads the one request that was sent. */
static inline void serve_ok(FcgiRequest *req, const char *name) {
        ck_assert_int_eq(fcgi_request_read(req), 0);
        ck_assert_str_eq(fcgi_request_param(req, "N", 1), name);
}

static inline int run_suite(Suite *suite, TCase *tcase) {
        tcase_set_timeout(tcase, 30);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}
