/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiWriter: everything that goes to the peer, in order, in as few sends as possible.
 *
 * Runs in: worker.     Owns: the output buffer and the streams out and err. The connection is
 * borrowed. Trusts:  its caller; the peer may be slow or gone.
 *
 * Both FCGX streams write straight into one buffer, but only one at a time: the owner has a window
 * behind the header of an unfinished record, the other has none, so that libfcgi calls our hook and
 * we change over. */

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "php/fastcgi/fcgi_connection.h"

enum {
        FCGI_OUTPUT_SIZE = 64 * 1024,
        /* From here on a piece that does not fit the buffer goes out of the caller's memory. */
        FCGI_OUTPUT_DIRECT_MIN = 16 * 1024,
        /* And from here on always: the copy would cost more than the call. */
        FCGI_OUTPUT_DIRECT_ALWAYS = 32 * 1024,
};

typedef struct FcgiWriter {
        FcgiConnection *conn;
        uint8_t *buffer;
        size_t used;        /* bytes of finished records */
        FCGX_Stream *owner; /* of the unfinished record at buffer + used, or NULL */
        FCGX_Stream out, err;
        bool out_unsent, err_unsent;        /* has finished records in the buffer */
        bool err_used;                      /* STDERR needs its end record */
        uint16_t id;                        /* of the request, 0: none */
        uint64_t stall_usec, deadline_usec; /* of fcgi_connection_send() */
        unsigned replies_left;
        int error; /* sticky: the peer has gone */
} FcgiWriter;

/* Makes the buffer for the output of a connection, which is borrowed. Returns 0 or -ENOMEM. */
int fcgi_writer_init(FcgiWriter *writer, FcgiConnection *conn);
void fcgi_writer_done(FcgiWriter *writer);

/* Prepares for a new connection: no error, nothing to send. */
void fcgi_writer_reset(FcgiWriter *writer);

/* Opens out and err for a request. */
void fcgi_writer_begin(FcgiWriter *writer, uint16_t id);

/* Write to a stream; send what is buffered; send nothing, but find out whether the peer is there. Each returns 0, the
 * sticky negative errno, or -ESHUTDOWN when no request is open. */
int fcgi_writer_put(FcgiWriter *writer, FCGX_Stream *stream, const void *data, size_t size);
int fcgi_writer_flush(FcgiWriter *writer);
int fcgi_writer_probe(FcgiWriter *writer); /* with nothing to send: whether the peer is there */

/* Sets the time when the peer must have taken what is sent from here on. At first it is FCGI_DEADLINE_NEVER. */
void fcgi_writer_set_deadline(FcgiWriter *writer, uint64_t deadline_usec);

/* Is to be called for a new request: as many replies as one request may need can be sent again. */
void fcgi_writer_allow_replies(FcgiWriter *writer);

/* Sends a whole record between those of the request, at once. Returns 0 or the sticky negative errno, -EBADMSG for a
 * peer that asks for too many. */
int fcgi_writer_send_record(FcgiWriter *writer, const uint8_t *record, size_t size);

/* Ends the streams and the request in one send with what is buffered. Returns as above. */
int fcgi_writer_end(FcgiWriter *writer, uint32_t app_status);
