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

/* Begins between two records of the connection, which is borrowed. */
void fcgi_reader_init(FcgiReader *reader, FcgiConnection *conn);

/* Discards the rest of the current record. Returns 0 or a negative errno as fcgi_reader_next(). */
int fcgi_reader_leave(FcgiReader *reader, uint64_t deadline_usec);

/* Does the same and reads the header of the next record. Both can be called again after -ETIMEDOUT. Returns 0, -ENODATA
 * when the peer has closed between two records, -ECONNRESET when within one, -EBADMSG, -ETIMEDOUT, -E2BIG when the
 * budget is spent, or the socket's negative errno. */
int fcgi_reader_next(FcgiReader *reader, FcgiRecord *ret, uint64_t deadline_usec);

/* Makes some content of the current record available at fcgi_connection_data(). Returns how many bytes there are, 0 at
 * the record's end, or a negative errno as above. */
int fcgi_reader_content(FcgiReader *reader, uint64_t deadline_usec);

/* Makes the whole content of a short record (at most FCGI_INPUT_SIZE) available. Returns 0 or a negative errno. */
int fcgi_reader_whole(FcgiReader *reader, uint64_t deadline_usec);

/* Consumes n bytes of the content. */
void fcgi_reader_consume(FcgiReader *reader, size_t n);
