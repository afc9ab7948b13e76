/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_reader.h"

#include <assert.h>
#include <errno.h>

#include "base/number.h"

void fcgi_reader_init(FcgiReader *reader, FcgiConnection *conn) {
        *reader = (FcgiReader){ .conn = conn, .budget = UINT64_MAX };
}

static void spend(FcgiReader *reader, size_t n) {
        fcgi_connection_consume(reader->conn, n);
        if (reader->budget != UINT64_MAX)
                reader->budget -= n < reader->budget ? n : reader->budget;
}

/* Within a record the peer must not end. */
static int fill(FcgiReader *reader, size_t n, uint64_t deadline_usec) {
        int r;

        r = fcgi_connection_fill(reader->conn, n, deadline_usec);
        return r == -ENODATA ? -ECONNRESET : r;
}

int fcgi_reader_leave(FcgiReader *reader, uint64_t deadline_usec) {
        reader->padding_left += reader->content_left;
        reader->content_left = 0;

        while (reader->padding_left > 0) {
                size_t n;
                int r;

                r = fill(reader, 1, deadline_usec);
                if (r < 0)
                        return r;

                n = number_min(fcgi_connection_available(reader->conn), reader->padding_left);
                reader->padding_left -= n;
                spend(reader, n);
        }

        return 0;
}

int fcgi_reader_next(FcgiReader *reader, FcgiRecord *ret, uint64_t deadline_usec) {
        FcgiRecord record;
        int r;

        if (reader->budget == 0)
                return -E2BIG;

        r = fcgi_reader_leave(reader, deadline_usec);
        if (r < 0)
                return r;

        r = fcgi_connection_fill(reader->conn, FCGI_HEADER_LEN, deadline_usec);
        if (r == -ENODATA && fcgi_connection_available(reader->conn) > 0)
                return -ECONNRESET;
        if (r < 0)
                return r;

        r = fcgi_record_decode(&record, fcgi_connection_data(reader->conn));
        if (r < 0)
                return r;

        spend(reader, FCGI_HEADER_LEN);
        reader->content_left = record.content_len;
        reader->padding_left = record.padding_len;
        *ret = record;
        return 0;
}

int fcgi_reader_content(FcgiReader *reader, uint64_t deadline_usec) {
        int r;

        if (reader->content_left == 0)
                return 0;

        r = fill(reader, 1, deadline_usec);
        if (r < 0)
                return r;

        return (int) number_min(fcgi_connection_available(reader->conn), reader->content_left);
}

int fcgi_reader_whole(FcgiReader *reader, uint64_t deadline_usec) {
        return fill(reader, reader->content_left, deadline_usec);
}

void fcgi_reader_consume(FcgiReader *reader, size_t n) {
        assert(n <= reader->content_left);

        reader->content_left -= n;
        spend(reader, n);
}
