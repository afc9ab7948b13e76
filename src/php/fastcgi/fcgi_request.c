/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/pages.h"
#include "php/fastcgi/fcgi_control.h"
#include "php/fastcgi/fcgi_record.h"
#include "php/fastcgi/fcgi_request_internal.h"

enum {
        PARAMS_BYTES_MIN = 32, /* FCGI_ROLE, which is ours, always finds room */
};

static const struct {
        const char *pair;
        size_t size;
} roles[] = {
        [FCGI_RESPONDER] = { "\x09\x09"
                             "FCGI_ROLERESPONDER",
                        20 },
        [FCGI_AUTHORIZER] = { "\x09\x0a"
                              "FCGI_ROLEAUTHORIZER",
                        21 },
};

int fcgi_request_new(FcgiRequest **ret, const FcgiLimits *limits) {
        _cleanup_(fcgi_request_freep) FcgiRequest *req = NULL;
        int r;

        if (limits->drain_usec == 0 || limits->params_bytes < PARAMS_BYTES_MIN)
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

        req->writer.stall_usec = limits->write_stall_usec;
        fcgi_reader_init(&req->reader, &req->conn);
        fcgi_request_open_stdin(req);
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
        fcgi_request_close_stdin(req);
        fcgi_writer_begin(&req->writer, 0);
        req->phase = PHASE_NONE;
        return fcgi_connection_release(&req->conn);
}

void fcgi_request_release(FcgiRequest *req) {
        if (req->conn.fd >= 0)
                return;

        fcgi_params_release(&req->params);
        pages_release(req->conn.input, FCGI_INPUT_SIZE);
        pages_release(req->writer.buffer, FCGI_OUTPUT_SIZE);
}

int fcgi_request_fd(const FcgiRequest *req) {
        return req->conn.fd;
}

/* The padding of the last record says nothing about a next request. */
bool fcgi_request_has_input(const FcgiRequest *req) {
        return fcgi_connection_available(&req->conn) >
               req->reader.content_left + req->reader.padding_left;
}

/* An end of the stream, or an error, is for read() to find. */
bool fcgi_request_has_begun(FcgiRequest *req) {
        return fcgi_connection_fill(&req->conn, 1, FCGI_DEADLINE_NOW) != -ETIMEDOUT;
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

int fcgi_request_probe(FcgiRequest *req) {
        return fcgi_writer_probe(&req->writer);
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

        if (begin.role >= ELEMENTSOF(roles) || !roles[begin.role].pair)
                return refuse(req, &begin, record->id, FCGI_UNKNOWN_ROLE);

        req->phase = PHASE_PARAMS;
        req->id = record->id;
        req->keep_conn = begin.keep_conn;
        fcgi_params_reset(&req->params);
        req->fcgx.role = begin.role;
        return fcgi_params_append(&req->params, roles[begin.role].pair, roles[begin.role].size);
}

static void serve(FcgiRequest *req) {
        fcgi_request_open_stdin(req);
        fcgi_writer_begin(&req->writer, req->id);
        fcgi_writer_set_deadline(&req->writer, FCGI_DEADLINE_NEVER);
        req->phase = PHASE_SERVED;

        req->fcgx.requestId = req->id;
        req->fcgx.keepConnection = req->keep_conn;
        req->fcgx.isBeginProcessed = 1;
        req->fcgx.nWriters = 2;
}

/* The records are right but their content is not: there is a request, it can be answered, and the rest of its
 * parameters is not read. */
static int serve_error_reply(FcgiRequest *req, int error) {
        fcgi_params_reset(&req->params);
        req->refused = true;
        serve(req);
        return error;
}

static int params_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        int n, r;

        if (record->content_len == 0) {
                r = fcgi_params_parse(&req->params);
                if (r < 0)
                        return serve_error_reply(req, r == -E2BIG ? r : -EINVAL);

                serve(req);
                return 0;
        }

        while ((n = fcgi_reader_content(&req->reader, deadline_usec)) > 0) {
                r = fcgi_params_append(&req->params, fcgi_connection_data(&req->conn), (size_t) n);
                if (r < 0)
                        return serve_error_reply(req, r);

                fcgi_reader_consume(&req->reader, (size_t) n);
        }

        return n;
}

static int head_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        if (record->id == FCGI_NULL_REQUEST_ID)
                return fcgi_control_reply(&req->reader, &req->writer, record, req->limits.max_conns,
                                deadline_usec);

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

        /* After such a result of finish() the next bytes may be anything. */
        if (req->phase == PHASE_FINISHED && req->finish_result <= 0)
                return -ESHUTDOWN;

        req->phase = PHASE_NONE;
        req->refused = false;
        fcgi_writer_set_deadline(&req->writer, head_usec);
        fcgi_writer_allow_replies(&req->writer);
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

void fcgi_request_hurry(FcgiRequest *req) {
        fcgi_writer_set_deadline(&req->writer, fcgi_deadline(req->limits.drain_usec));
}

int fcgi_request_finish(FcgiRequest *req, uint32_t app_status) {
        int r;

        if (req->phase == PHASE_FINISHED)
                return req->finish_result;

        assert(req->phase == PHASE_SERVED);

        fcgi_request_sync_stdin(req);
        req->in.isClosed = 1;
        req->phase = PHASE_FINISHED;

        r = fcgi_writer_end(&req->writer, app_status);
        req->finish_result = r < 0 ? r : fcgi_request_settle_input(req);
        return req->finish_result;
}
