/* SPDX-License-Identifier: MIT */
#pragma once
/* The inside of FcgiRequest, for the files fcgi_request*.c alone: fcgi_request.c reads the head of a request and ends
 * it, fcgi_request_body.c reads its body. */

#include "php/fastcgi/fcgi_connection.h"
#include "php/fastcgi/fcgi_reader.h"
#include "php/fastcgi/fcgi_request.h"
#include "php/fastcgi/fcgi_writer.h"

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
        bool refused; /* its parameters are too many or none: it can only be answered */

        FCGX_Request fcgx;
        FCGX_Stream in;
        uint8_t *window;  /* where in's unread data began, in the input buffer */
        bool in_stdin;    /* the current record is a STDIN of this request */
        bool stdin_ended; /* also after an abort */
        bool aborted;
        int body_error;
        int finish_result;
};

/* Open and close req->in. */
void fcgi_request_open_stdin(FcgiRequest *req);
void fcgi_request_close_stdin(FcgiRequest *req);

/* Consumes what libfcgi has taken from the input buffer. Is to be called before other code uses the buffer. */
void fcgi_request_sync_stdin(FcgiRequest *req);

/* Discards what the peer still sends of the request. Returns whether the connection can be kept. */
bool fcgi_request_settle_input(FcgiRequest *req);
