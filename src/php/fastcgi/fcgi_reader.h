/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiReader: cuts what arrives into records.
 *
 * Runs in: worker.     Owns: nothing, the connection is borrowed.
 * Trusts:  nobody. Knows where a record ends and not what it means. */

#include <stddef.h>
#include <stdint.h>

#include "php/fastcgi/fcgi_connection.h"
#include "php/fastcgi/fcgi_record.h"

typedef struct FcgiReader {
        FcgiConnection *conn;
        size_t content_left; /* of the current record, not consumed */
        size_t padding_left;
        uint64_t budget; /* of bytes to read from here on, UINT64_MAX: no end */
} FcgiReader;

void fcgi_reader_init(FcgiReader *reader, FcgiConnection *conn);

/* Leaves what remains of the current record behind. 0 or negative errno as below. */
int fcgi_reader_leave(FcgiReader *reader, uint64_t deadline_usec);

/* The same, then goes to the next record. Both can be called again after -ETIMEDOUT. 0, -ENODATA:
 * the peer has ended between two records, -ECONNRESET: within one, -EBADMSG, -ETIMEDOUT, -E2BIG:
 * the budget is spent, or the socket's errno. */
int fcgi_reader_next(FcgiReader *reader, FcgiRecord *ret, uint64_t deadline_usec);

/* Makes some content of the current record available at fcgi_connection_data(). Bytes there, 0 at
 * the record's end, negative errno as above. */
int fcgi_reader_content(FcgiReader *reader, uint64_t deadline_usec);

/* Makes the whole content of a short record (at most FCGI_INPUT_SIZE) available. 0 or negative
 * errno. */
int fcgi_reader_whole(FcgiReader *reader, uint64_t deadline_usec);

void fcgi_reader_consume(FcgiReader *reader, size_t n); /* n bytes of content */
