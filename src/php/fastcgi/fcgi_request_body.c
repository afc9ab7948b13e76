/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "php/fastcgi/fcgi_control.h"
#include "php/fastcgi/fcgi_record.h"
#include "php/fastcgi/fcgi_request_internal.h"

static void stdin_fill(FCGX_Stream *stream);

static void stdin_window(FcgiRequest *req, size_t n) {
        req->window = req->conn.input + req->conn.start;
        req->in.rdNext = req->in.stopUnget = req->window;
        req->in.wrNext = req->in.stop = req->window + n;
}

void fcgi_request_open_stdin(FcgiRequest *req) {
        req->in = (FCGX_Stream){ .isReader = 1, .fillBuffProc = stdin_fill, .data = req };
        stdin_window(req, 0);
        req->in_stdin = req->stdin_ended = req->aborted = false;
        req->body_error = 0;
}

void fcgi_request_close_stdin(FcgiRequest *req) {
        stdin_window(req, 0);
        req->in.isClosed = 1;
}

static int body_record(FcgiRequest *req, const FcgiRecord *record, uint64_t deadline_usec) {
        if (record->id == FCGI_NULL_REQUEST_ID)
                return fcgi_control_reply(&req->reader, &req->writer, record, req->limits.max_conns,
                                deadline_usec);

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
        case FCGI_PARAMS:
                /* The rest of those that were too many. */
                return req->refused ? 0 : -EBADMSG;
        case FCGI_BEGIN_REQUEST:
                return -EBADMSG;
        default:
                return 0;
        }
}

static int find_content(FcgiRequest *req, uint64_t deadline_usec) {
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

/* Makes a piece of the body available. Returns the number of bytes, 0 when it has ended, or a negative errno. Replies
 * that are sent meanwhile have the same deadline. */
static int body_content(FcgiRequest *req, uint64_t deadline_usec) {
        int r;

        fcgi_writer_set_deadline(&req->writer, deadline_usec);
        r = find_content(req, deadline_usec);
        fcgi_writer_set_deadline(&req->writer, FCGI_DEADLINE_NEVER);
        return r;
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
void fcgi_request_sync_stdin(FcgiRequest *req) {
        size_t n = (size_t) (req->in.rdNext - req->window);

        if (n > 0)
                fcgi_reader_consume(&req->reader, n);
        stdin_window(req, 0);
}

static void stdin_fill(FCGX_Stream *stream) {
        FcgiRequest *req = stream->data;
        size_t n;

        fcgi_request_sync_stdin(req);
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

        fcgi_request_sync_stdin(req);
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

static void read_abort(FcgiRequest *req) {
        FcgiRecord record;

        if (body_content(req, FCGI_DEADLINE_NOW) != 0 || req->aborted ||
                        fcgi_reader_leave(&req->reader, FCGI_DEADLINE_NOW) < 0 ||
                        fcgi_connection_fill(&req->conn, FCGI_HEADER_LEN, FCGI_DEADLINE_NOW) < 0)
                return;

        /* What else stands there is the next request: it stays. */
        req->aborted = fcgi_record_decode(&record, fcgi_connection_data(&req->conn)) == 0 &&
                       record.type == FCGI_ABORT_REQUEST && record.id == req->id;
}

/* Without this bound a peer that sends meaningless records as fast as they are read would keep the check from
 * ending. */
void fcgi_request_check_abort(FcgiRequest *req) {
        if (req->phase != PHASE_SERVED || req->aborted || req->body_error < 0)
                return;

        fcgi_request_sync_stdin(req);
        req->reader.budget = FCGI_INPUT_SIZE;
        read_abort(req);
        req->reader.budget = UINT64_MAX;
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
bool fcgi_request_settle_input(FcgiRequest *req) {
        int r;

        if (req->body_error < 0)
                return false;

        req->reader.budget = req->limits.drain_bytes;
        r = discard_body(req, FCGI_DEADLINE_NOW);
        if (r == -ETIMEDOUT && req->keep_conn && req->fcgx.role == FCGI_AUTHORIZER)
                r = 0; /* has no body; an end record that comes all the same does no harm */
        if (r == -ETIMEDOUT) {
                if (!req->keep_conn)
                        fcgi_connection_shutdown(&req->conn);
                r = discard_body(req, fcgi_deadline(req->limits.drain_usec));
        }

        return r == 0 && req->keep_conn;
}
