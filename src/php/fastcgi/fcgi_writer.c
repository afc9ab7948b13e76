/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_writer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "php/fastcgi/fcgi_record.h"

enum {
        /* Behind every window: its padding, two end records and END_REQUEST, 39 bytes at most, so
         * that they always leave together with the data. */
        RESERVE = 64,
        WINDOW_END = FCGI_OUTPUT_SIZE - RESERVE,
        WINDOW_MIN = 512,    /* less room than that is not worth a record */
        DIRECT_RECORDS = 16, /* nearly 1 MiB in one sendmsg() */

        /* Of replies outside of requests. A web server asks for values once in the life of a connection, if at
         * all: HAProxy does. */
        REPLIES_MAX = 32,
};

static void stream_empty(FCGX_Stream *stream, int do_close);

static void stream_init(FcgiWriter *writer, FCGX_Stream *stream) {
        *stream = (FCGX_Stream){
                .rdNext = writer->buffer,
                .wrNext = writer->buffer,
                .stop = writer->buffer,
                .isClosed = writer->id == 0,
                .emptyBuffProc = stream_empty,
                .data = writer,
        };
}

static void stream_close(FcgiWriter *writer, FCGX_Stream *stream) {
        stream->rdNext = stream->wrNext = stream->stop = writer->buffer;
        stream->isClosed = 1;
        stream->FCGI_errno = -writer->error;
}

static bool *stream_unsent(FcgiWriter *writer, const FCGX_Stream *stream) {
        return stream == &writer->err ? &writer->err_unsent : &writer->out_unsent;
}

static uint8_t stream_type(const FcgiWriter *writer, const FCGX_Stream *stream) {
        return stream == &writer->err ? FCGI_STDERR : FCGI_STDOUT;
}

int fcgi_writer_init(FcgiWriter *writer, FcgiConnection *conn) {
        *writer = (FcgiWriter){ .conn = conn, .buffer = pages_new(FCGI_OUTPUT_SIZE) };
        if (!writer->buffer)
                return -ENOMEM;

        fcgi_writer_reset(writer);
        return 0;
}

void fcgi_writer_done(FcgiWriter *writer) {
        pages_free(writer->buffer, FCGI_OUTPUT_SIZE);
        *writer = (FcgiWriter){};
}

void fcgi_writer_reset(FcgiWriter *writer) {
        writer->used = 0;
        writer->error = 0;
        fcgi_writer_set_deadline(writer, FCGI_DEADLINE_NEVER);
        fcgi_writer_allow_replies(writer);
        fcgi_writer_begin(writer, 0);
}

void fcgi_writer_begin(FcgiWriter *writer, uint16_t id) {
        writer->id = id;
        writer->owner = NULL;
        writer->out_unsent = writer->err_unsent = writer->err_used = false;
        stream_init(writer, &writer->out);
        stream_init(writer, &writer->err);
}

void fcgi_writer_set_deadline(FcgiWriter *writer, uint64_t deadline_usec) {
        writer->deadline_usec = deadline_usec;
}

void fcgi_writer_allow_replies(FcgiWriter *writer) {
        writer->replies_left = REPLIES_MAX;
}

static int fail(FcgiWriter *writer, int error) {
        writer->error = error;
        writer->used = 0;
        writer->owner = NULL;
        stream_close(writer, &writer->out);
        stream_close(writer, &writer->err);
        return error;
}

static void put_header(uint8_t *bytes, const FcgiWriter *writer, uint8_t type, size_t size) {
        fcgi_record_encode(bytes, &(FcgiRecord){
                                                  .type = type,
                                                  .id = writer->id,
                                                  .content_len = (uint16_t) size,
                                                  .padding_len = fcgi_padding(size),
                                  });
}

/* Finishes the owner's record. */
static void window_close(FcgiWriter *writer) {
        uint8_t *header = writer->buffer + writer->used;
        FCGX_Stream *owner = writer->owner;
        size_t size, padding;

        if (!owner)
                return;

        size = (size_t) (owner->wrNext - (header + FCGI_HEADER_LEN));
        padding = fcgi_padding(size);
        owner->rdNext = owner->wrNext = owner->stop = writer->buffer;
        writer->owner = NULL;
        if (size == 0)
                return;

        put_header(header, writer, stream_type(writer, owner), size);
        memset(header + FCGI_HEADER_LEN + size, 0, padding);
        writer->used += FCGI_HEADER_LEN + size + padding;
        *stream_unsent(writer, owner) = true;
        if (owner == &writer->err)
                writer->err_used = true;
}

static int send_iov(FcgiWriter *writer, struct iovec *iov, size_t n_iov) {
        int r;

        r = fcgi_connection_send(
                        writer->conn, iov, n_iov, writer->stall_usec, writer->deadline_usec);
        if (r < 0)
                return fail(writer, r);

        writer->used = 0;
        writer->out_unsent = writer->err_unsent = false;
        return 0;
}

static int send_buffer(FcgiWriter *writer) {
        struct iovec iov = { .iov_base = writer->buffer };

        window_close(writer);
        iov.iov_len = writer->used;
        return send_iov(writer, &iov, 1);
}

static size_t window_room(const FcgiWriter *writer) {
        size_t used = writer->used + FCGI_HEADER_LEN;

        return used < WINDOW_END ? WINDOW_END - used : 0;
}

/* Makes the stream the owner, with room for at least one byte. */
static int window_open(FcgiWriter *writer, FCGX_Stream *stream) {
        int r;

        if (writer->owner == stream && stream->wrNext != stream->stop)
                return 0;

        window_close(writer);
        if (window_room(writer) < WINDOW_MIN) {
                r = send_buffer(writer);
                if (r < 0)
                        return r;
        }

        writer->owner = stream;
        stream->rdNext = stream->stop = writer->buffer + WINDOW_END;
        stream->wrNext = writer->buffer + writer->used + FCGI_HEADER_LEN;
        return 0;
}

/* libfcgi calls this when the window is full, when there is none, and to flush. The last two cannot
 * be told apart: a stream without a window that has records in the buffer sends them, which is a
 * send too many where FCGX_PutStr() goes from out to err and back to out. fcgi_writer_put() does
 * not have the problem. */
static void stream_empty(FCGX_Stream *stream, int do_close) {
        FcgiWriter *writer = stream->data;

        if (writer->error < 0 || writer->id == 0) {
                stream_close(writer, stream);
                return;
        }

        if (do_close) {
                if (writer->owner == stream)
                        window_close(writer);
                return;
        }

        if (writer->owner == stream || *stream_unsent(writer, stream))
                if (send_buffer(writer) < 0)
                        return;

        (void) window_open(writer, stream);
}

/* Sends what is buffered and then the data from where it lies. */
static int put_direct(FcgiWriter *writer, uint8_t type, const uint8_t *data, size_t size) {
        static const uint8_t zeros[8];
        int r;

        window_close(writer);
        while (size > 0) {
                uint8_t headers[DIRECT_RECORDS][FCGI_HEADER_LEN];
                struct iovec iov[1 + 2 * DIRECT_RECORDS + 1];
                size_t n_iov = 0, n = 0;

                iov[n_iov++] = (struct iovec){ writer->buffer, writer->used };
                for (size_t i = 0; i < DIRECT_RECORDS && size > 0; i++) {
                        n = size < FCGI_RECORD_CONTENT_MAX ? size : FCGI_RECORD_CONTENT_MAX;
                        put_header(headers[i], writer, type, n);
                        iov[n_iov++] = (struct iovec){ headers[i], FCGI_HEADER_LEN };
                        iov[n_iov++] = (struct iovec){ (void *) data, n };
                        data += n;
                        size -= n;
                }

                /* Only the very last record can have a size that needs padding. */
                iov[n_iov++] = (struct iovec){ (void *) zeros, fcgi_padding(n) };
                r = send_iov(writer, iov, n_iov);
                if (r < 0)
                        return r;
        }

        return 0;
}

static bool goes_direct(const FcgiWriter *writer, size_t size) {
        size_t room = writer->owner ? (size_t) (writer->owner->stop - writer->owner->wrNext)
                                    : window_room(writer);

        return size >= FCGI_OUTPUT_DIRECT_ALWAYS || (size >= FCGI_OUTPUT_DIRECT_MIN && size > room);
}

static int usable(const FcgiWriter *writer) {
        if (writer->error < 0)
                return writer->error;

        return writer->id == 0 ? -ESHUTDOWN : 0;
}

int fcgi_writer_put(FcgiWriter *writer, FCGX_Stream *stream, const void *data, size_t size) {
        const uint8_t *from = data;
        int r;

        r = usable(writer);
        if (r < 0)
                return r;

        if (goes_direct(writer, size)) {
                if (stream == &writer->err)
                        writer->err_used = true;
                return put_direct(writer, stream_type(writer, stream), from, size);
        }

        while (size > 0) {
                size_t room, n;

                r = window_open(writer, stream);
                if (r < 0)
                        return r;

                room = (size_t) (stream->stop - stream->wrNext);
                n = size < room ? size : room;
                memcpy(stream->wrNext, from, n);
                stream->wrNext += n;
                from += n;
                size -= n;
        }

        return 0;
}

int fcgi_writer_probe(FcgiWriter *writer) {
        int r;

        r = usable(writer);
        if (r < 0)
                return r;

        window_close(writer);
        r = writer->used > 0 ? 0 : fcgi_connection_probe(writer->conn);
        return r < 0 ? fail(writer, r) : 0;
}

int fcgi_writer_flush(FcgiWriter *writer) {
        int r;

        r = usable(writer);
        if (r < 0)
                return r;

        return send_buffer(writer);
}

int fcgi_writer_send_record(FcgiWriter *writer, const uint8_t *record, size_t size) {
        int r;

        if (writer->error < 0)
                return writer->error;
        if (writer->replies_left == 0)
                return fail(writer, -EBADMSG);

        writer->replies_left--;
        window_close(writer);
        if (writer->used + size > FCGI_OUTPUT_SIZE - RESERVE) {
                r = send_buffer(writer);
                if (r < 0)
                        return r;
        }

        memcpy(writer->buffer + writer->used, record, size);
        writer->used += size;
        return send_buffer(writer);
}

static void append_end(FcgiWriter *writer, uint8_t type) {
        put_header(writer->buffer + writer->used, writer, type, 0);
        writer->used += FCGI_HEADER_LEN;
}

int fcgi_writer_end(FcgiWriter *writer, uint32_t app_status) {
        int r;

        r = usable(writer);
        if (r < 0)
                return r;

        /* The specification wants both; php-fpm leaves the STDOUT one out, libfcgi sends it, and
         * web servers take either. */
        window_close(writer);
        if (writer->err_used)
                append_end(writer, FCGI_STDERR);
        append_end(writer, FCGI_STDOUT);
        fcgi_end_encode(writer->buffer + writer->used, writer->id, app_status,
                        FCGI_REQUEST_COMPLETE);
        writer->used += FCGI_SHORT_RECORD_LEN;
        assert(writer->used <= FCGI_OUTPUT_SIZE);

        r = send_buffer(writer);
        writer->id = 0;
        stream_close(writer, &writer->out);
        stream_close(writer, &writer->err);
        return r;
}
