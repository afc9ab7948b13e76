/* SPDX-License-Identifier: MIT */
#include "pool/fcgi_request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool/fcgi_connection.h"
#include "pool/fcgi_control.h"
#include "pool/fcgi_reader.h"
#include "pool/fcgi_record.h"
#include "pool/fcgi_writer.h"
#include "shared/fd.h"

typedef enum Phase {
        PHASE_NONE,     /* waits for BEGIN_REQUEST */
        PHASE_PARAMS,   /* has seen it */
        PHASE_SERVED,   /* PARAMS are complete, the script runs */
        PHASE_FINISHED, /* END_REQUEST is out */
} Phase;

struct FcgiRequest {
        FcgiLimits limits;
        FcgiConnection conn;
        FcgiReader reader;
        FcgiWriter writer;
        FcgiParams params;

        Phase phase;
        uint16_t id;
        bool keep_conn;

        FCGX_Request fcgx;
        FCGX_Stream in;
        uint8_t *window;  /* where in's unread data began, in the input buffer */
        bool in_stdin;    /* the current record is a STDIN of this request */
        bool stdin_ended; /* also after an abort */
        bool aborted;
        int body_error;
        int finish_result;
};

static void stdin_fill(FCGX_Stream *stream);

static void stdin_window(FcgiRequest *req, size_t n) {
        req->window = req->conn.input + req->conn.start;
        req->in.rdNext = req->in.stopUnget = req->window;
        req->in.wrNext = req->in.stop = req->window + n;
}

static void stdin_open(FcgiRequest *req) {
        req->in = (FCGX_Stream){ .isReader = 1, .fillBuffProc = stdin_fill, .data = req };
        stdin_window(req, 0);
        req->in_stdin = req->stdin_ended = req->aborted = false;
        req->body_error = 0;
}

int fcgi_request_new(FcgiRequest **ret, const FcgiLimits *limits) {
        _cleanup_(fcgi_request_freep) FcgiRequest *req = NULL;
        int r;

        if (limits->drain_usec == 0)
                return -EINVAL;

        req = calloc(1, sizeof(*req));
        if (!req)
                return -ENOMEM;

        req->limits = *limits;
        req->conn.fd = -EBADF;

        r = fcgi_connection_init(&req->conn);
        if (r >= 0)
                r = fcgi_writer_init(&req->writer, &req->conn);
        if (r >= 0)
                r = fcgi_params_init(&req->params, limits->params_bytes, limits->params_count);
        if (r < 0)
                return r;

        fcgi_reader_init(&req->reader, &req->conn);
        stdin_open(req);
        req->in.isClosed = 1;
        req->fcgx = (FCGX_Request){
                .in = &req->in,
                .out = &req->writer.out,
                .err = &req->writer.err,
                .envp = req->params.envp,
                .ipcFd = -1,
                .listen_sock = -1,
        };
        *ret = TAKE_PTR(req);
        return 0;
}

FcgiRequest *fcgi_request_free(FcgiRequest *req) {
        if (!req)
                return NULL;

        fd_close(fcgi_connection_release(&req->conn));
        fcgi_params_done(&req->params);
        fcgi_writer_done(&req->writer);
        fcgi_connection_done(&req->conn);
        free(req);
        return NULL;
}

void fcgi_request_attach(FcgiRequest *req, int fd) {
        assert(req->conn.fd < 0);

        fcgi_connection_open(&req->conn, fd);
        fcgi_reader_init(&req->reader, &req->conn);
        fcgi_writer_reset(&req->writer);
        req->phase = PHASE_NONE;
}

int fcgi_request_detach(FcgiRequest *req) {
        stdin_window(req, 0);
        req->in.isClosed = 1;
        fcgi_writer_begin(&req->writer, 0);
        req->phase = PHASE_NONE;
        return fcgi_connection_release(&req->conn);
}

int fcgi_request_fd(const FcgiRequest *req) {
        return req->conn.fd;
}

/* The padding of the last record says nothing about a next request. */
bool fcgi_request_has_input(const FcgiRequest *req) {
        return fcgi_connection_available(&req->conn) >
               req->reader.content_left + req->reader.padding_left;
}

FCGX_Request *fcgi_request_fcgx(FcgiRequest *req) {
        return &req->fcgx;
}

const char *fcgi_request_param(const FcgiRequest *req, const char *name, size_t name_len) {
        const FcgiParam *param = fcgi_params_find(&req->params, name, name_len);

        return param ? param->value : NULL;
}

const FcgiParam *fcgi_request_params(const FcgiRequest *req, size_t *ret_n) {
        *ret_n = req->params.n_items;
        return req->params.items;
}

FcgiParams *fcgi_request_environment(FcgiRequest *req) {
        return &req->params;
}

bool fcgi_request_aborted(const FcgiRequest *req) {
        return req->aborted;
}

int fcgi_request_body_error(const FcgiRequest *req) {
        return req->body_error;
}

int fcgi_request_broken(const FcgiRequest *req) {
        return req->writer.error;
}

int fcgi_request_write(FcgiRequest *req, const void *data, size_t size) {
        return fcgi_writer_put(&req->writer, &req->writer.out, data, size);
}

int fcgi_request_write_error(FcgiRequest *req, const void *data, size_t size) {
        return fcgi_writer_put(&req->writer, &req->writer.err, data, size);
}

int fcgi_request_flush(FcgiRequest *req) {
        return fcgi_writer_flush(&req->writer);
}

static int refuse(FcgiRequest *req, const FcgiBegin *begin, uint16_t id, uint8_t protocol_status) {
        int r;

        req->phase = PHASE_NONE;
        r = fcgi_control_end(&req->writer, id, protocol_status);
        if (r < 0 || begin->keep_conn)
                return r;

        fcgi_connection_linger(&req->conn, req->limits.drain_usec, req->limits.drain_bytes);
        return -ECANCELED;
}

static int begin_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        static const char role[] = "\x09\x09"
                                   "FCGI_ROLERESPONDER";
        FcgiBegin begin;
        int r;

        if (record->content_len != FCGI_BODY_LEN)
                return -EBADMSG;

        if (req->phase == PHASE_PARAMS) {
                if (record->id == req->id)
                        return -EBADMSG;
                return fcgi_control_end(&req->writer, record->id, FCGI_CANT_MPX_CONN);
        }

        r = fcgi_reader_whole(&req->reader, deadline_usec);
        if (r >= 0)
                r = fcgi_begin_decode(
                                &begin, fcgi_connection_data(&req->conn), record->content_len);
        if (r < 0)
                return r;

        if (begin.role != FCGI_RESPONDER)
                return refuse(req, &begin, record->id, FCGI_UNKNOWN_ROLE);

        req->phase = PHASE_PARAMS;
        req->id = record->id;
        req->keep_conn = begin.keep_conn;
        fcgi_params_reset(&req->params);
        return fcgi_params_append(&req->params, role, sizeof(role) - 1);
}

static void serve(FcgiRequest *req) {
        stdin_open(req);
        fcgi_writer_begin(&req->writer, req->id);
        req->writer.stall_usec = req->limits.write_stall_usec;
        req->phase = PHASE_SERVED;

        req->fcgx.requestId = req->id;
        req->fcgx.role = FCGI_RESPONDER;
        req->fcgx.keepConnection = req->keep_conn;
        req->fcgx.isBeginProcessed = 1;
        req->fcgx.nWriters = 2;
}

static int params_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        int n, r;

        if (record->content_len == 0) {
                r = fcgi_params_parse(&req->params);
                if (r >= 0)
                        serve(req);
                return r;
        }

        while ((n = fcgi_reader_content(&req->reader, deadline_usec)) > 0) {
                r = fcgi_params_append(&req->params, fcgi_connection_data(&req->conn), (size_t) n);
                if (r < 0)
                        return r;

                fcgi_reader_consume(&req->reader, (size_t) n);
        }

        return n;
}

static int head_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        if (record->id == FCGI_NULL_REQUEST_ID)
                return fcgi_control_answer(&req->reader, &req->writer, record,
                                req->limits.max_conns, deadline_usec);

        if (record->type == FCGI_BEGIN_REQUEST)
                return begin_record(req, record, deadline_usec);

        /* What remains of a request that was refused or aborted. */
        if (req->phase != PHASE_PARAMS || record->id != req->id)
                return 0;

        switch (record->type) {
        case FCGI_PARAMS:
                return params_record(req, record, deadline_usec);
        case FCGI_ABORT_REQUEST:
                return refuse(req, &(FcgiBegin){ .keep_conn = req->keep_conn }, req->id,
                                FCGI_REQUEST_COMPLETE);
        case FCGI_STDIN:
        case FCGI_DATA:
                return -EBADMSG;
        default:
                return 0;
        }
}

int fcgi_request_read(FcgiRequest *req) {
        uint64_t head_usec = fcgi_deadline(req->limits.head_usec);
        uint64_t first_usec = fcgi_deadline(req->limits.first_byte_usec);
        int r;

        assert(req->conn.fd >= 0);
        assert(req->phase == PHASE_NONE || req->phase == PHASE_FINISHED);

        /* finish() has said that what follows here may be anything. */
        if (req->phase == PHASE_FINISHED && req->finish_result <= 0)
                return -ESHUTDOWN;

        req->phase = PHASE_NONE;
        req->writer.stall_usec = req->limits.head_usec;
        req->reader.budget = UINT64_MAX;
        fcgi_params_reset(&req->params);

        r = fcgi_connection_fill(&req->conn, 1, first_usec < head_usec ? first_usec : head_usec);
        while (r >= 0 && req->phase != PHASE_SERVED) {
                FcgiRecord record;

                r = fcgi_reader_next(&req->reader, &record, head_usec);
                if (r >= 0)
                        r = head_record(req, &record, head_usec);
                else if (r == -ENODATA && req->phase == PHASE_PARAMS)
                        r = -ECONNRESET;
        }

        return r;
}

static int body_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        if (record->id == FCGI_NULL_REQUEST_ID)
                return fcgi_control_answer(&req->reader, &req->writer, record,
                                req->limits.max_conns, deadline_usec);

        if (record->id != req->id) {
                if (record->type != FCGI_BEGIN_REQUEST)
                        return 0;

                /* After END_REQUEST the peer is free to begin anew, but with the old body
                 * unfinished we do not guess where it ends: the connection closes and the peer
                 * tries again. */
                if (req->phase == PHASE_FINISHED)
                        return -EBADMSG;
                return fcgi_control_end(&req->writer, record->id, FCGI_CANT_MPX_CONN);
        }

        switch (record->type) {
        case FCGI_STDIN:
                req->in_stdin = record->content_len > 0;
                req->stdin_ended = record->content_len == 0;
                return 0;
        case FCGI_ABORT_REQUEST:
                req->aborted = req->stdin_ended = true;
                return 0;
        case FCGI_BEGIN_REQUEST:
        case FCGI_PARAMS:
                return -EBADMSG;
        default:
                return 0;
        }
}

/* Makes a piece of the body available. Bytes, 0: it has ended, negative errno. */
static int body_content(FcgiRequest *req, uint64_t deadline_usec) {
        while (!req->stdin_ended) {
                FcgiRecord record;
                int r;

                if (req->in_stdin) {
                        r = fcgi_reader_content(&req->reader, deadline_usec);
                        if (r != 0)
                                return r;

                        req->in_stdin = false;
                }

                r = fcgi_reader_next(&req->reader, &record, deadline_usec);
                if (r >= 0)
                        r = body_record(req, &record, deadline_usec);
                if (r < 0)
                        return r == -ENODATA ? -ECONNRESET : r;
        }

        return 0;
}

static size_t body_next(FcgiRequest *req) {
        int r;

        if (req->phase != PHASE_SERVED || req->body_error < 0)
                return 0;

        r = body_content(req, fcgi_deadline(req->limits.body_stall_usec));
        if (r < 0) {
                req->body_error = r;
                return 0;
        }

        return (size_t) r;
}

/* The streams' window lies in the input buffer: what libfcgi took from it is consumed only now. */
static void stdin_sync(FcgiRequest *req) {
        size_t n = (size_t) (req->in.rdNext - req->window);

        if (n > 0)
                fcgi_reader_consume(&req->reader, n);
        stdin_window(req, 0);
}

static void stdin_fill(FCGX_Stream *stream) {
        FcgiRequest *req = stream->data;
        size_t n;

        stdin_sync(req);
        n = body_next(req);
        stdin_window(req, n);
        if (n == 0) {
                stream->isClosed = 1;
                stream->FCGI_errno = -req->body_error;
        }
}

size_t fcgi_request_read_body(FcgiRequest *req, void *buffer, size_t n) {
        uint8_t *to = buffer;
        size_t done = 0;

        stdin_sync(req);
        while (done < n) {
                size_t piece = body_next(req);

                if (piece == 0)
                        break;
                if (piece > n - done)
                        piece = n - done;

                memcpy(to + done, fcgi_connection_data(&req->conn), piece);
                fcgi_reader_consume(&req->reader, piece);
                done += piece;
        }

        stdin_window(req, 0);
        return done;
}

/* Up to and with the padding of the end record. */
static int discard_body(FcgiRequest *req, uint64_t deadline_usec) {
        int r;

        while ((r = body_content(req, deadline_usec)) > 0)
                fcgi_reader_consume(&req->reader, (size_t) r);

        return r < 0 ? r : fcgi_reader_leave(&req->reader, deadline_usec);
}

/* Why not just close: test_what_close_does_to_the_peer() shows both cases.
 *
 * Input that we have not received when we close turns the peer's end into an error: on tcp a reset,
 * which can overtake the reply; on a unix socket ECONNRESET behind the reply in place of the end.
 * Input that the peer sends after we have closed fails there with EPIPE, on tcp after a reset. A
 * web server whose write of the body fails need not look for a reply any more.
 *
 * So the input is read to STDIN's end record. Nearly always that is in the buffer already: nginx
 * sends it in one write with PARAMS or with the body's end, and then nothing here makes a system
 * call. A server may also send it in a write of its own. Then even CONTENT_LENGTH bytes read do not
 * mean that this write was done, and a fast script would win the race. So one look; if there is
 * nothing, the end of our own side, on which a peer that has its reply closes; and a wait that
 * drain_usec limits, for a peer that leaves the end record out or never ends its body. */
static int settle_input(FcgiRequest *req) {
        int r;

        if (req->body_error < 0)
                return 0;

        req->reader.budget = req->limits.drain_bytes;
        r = discard_body(req, FCGI_DEADLINE_LOOK);
        if (r == -ETIMEDOUT) {
                if (!req->keep_conn)
                        fcgi_connection_shutdown(&req->conn);
                r = discard_body(req, fcgi_deadline(req->limits.drain_usec));
        }

        return r == 0 && req->keep_conn;
}

int fcgi_request_finish(FcgiRequest *req, uint32_t app_status) {
        int r;

        if (req->phase == PHASE_FINISHED)
                return req->finish_result;

        assert(req->phase == PHASE_SERVED);

        stdin_sync(req);
        req->in.isClosed = 1;
        req->phase = PHASE_FINISHED;

        r = fcgi_writer_end(&req->writer, app_status);
        req->finish_result = r < 0 ? r : settle_input(req);
        return req->finish_result;
}
