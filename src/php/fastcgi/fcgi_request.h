/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiRequest: one connection of a web server and the request on it, behind libfcgi's FCGX_Request.
 *
 * Runs in: worker.     Owns: the attached fd, all buffers; nothing is allocated after new().
 * Trusts:  nobody. libfcgi's own reader is not used: a peer can crash or hang it. What a peer does
 * costs at most the timeouts and sizes of FcgiLimits, and ends in an errno.
 *
 * Of libfcgi, use on fcgi_request_fcgx(): FCGX_Get*, FCGX_Put*, FCGX_*PrintF, FCGX_FFlush,
 * FCGX_FClose, FCGX_GetError, FCGX_HasSeenEOF, FCGX_UnGetChar, FCGX_GetParam. Never FCGX_Accept_r,
 * FCGX_Finish_r, FCGX_Free, FCGX_SetExitStatus, FCGX_StartFilterData: they reach into memory of
 * libfcgi's own.
 *
 *      fcgi_request_attach(req, fd);
 *      do {
 *              r = fcgi_request_read(req);
 *              if (r < 0)
 *                      break;
 *              … params, body, write …
 *              r = fcgi_request_finish(req, 0);
 *      } while (r > 0);
 *      close(fcgi_request_detach(req));
 */

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "php/fastcgi/fcgi_params.h"

typedef struct FcgiRequest FcgiRequest;

/* A timeout of 0 is none. */
typedef struct FcgiLimits {
        uint64_t first_byte_usec; /* of silence before a request */
        uint64_t head_usec; /* for BEGIN_REQUEST, all PARAMS and what is replied meanwhile, from read() on */
        uint64_t body_stall_usec;  /* without a byte of the body */
        uint64_t write_stall_usec; /* without the peer taking a byte */
        uint64_t drain_usec; /* for all input that is discarded after a reply, not 0; for a short reply */
        uint64_t drain_bytes;
        size_t params_bytes;
        size_t params_count;
        unsigned max_conns; /* the answer to GET_VALUES; 0: none, as php-fpm */
} FcgiLimits;

#define FCGI_LIMITS_DEFAULT                                                                        \
        ((FcgiLimits){                                                                             \
                        .first_byte_usec = UINT64_C(5000000),                                      \
                        .head_usec = UINT64_C(10000000),                                           \
                        .body_stall_usec = UINT64_C(300000000),                                    \
                        .write_stall_usec = UINT64_C(300000000),                                   \
                        .drain_usec = UINT64_C(1000000),                                           \
                        .drain_bytes = UINT64_C(16) << 20,                                         \
                        .params_bytes = FCGI_PARAMS_BYTES_MAX,                                     \
                        .params_count = FCGI_PARAMS_COUNT_MAX,                                     \
        })

/* Makes a request and its buffers, and copies limits. Returns 0, -EINVAL or -ENOMEM. */
int fcgi_request_new(FcgiRequest **ret, const FcgiLimits *limits);
FcgiRequest *fcgi_request_free(FcgiRequest *req); /* closes an attached fd; NULL is fine */
DEFINE_CLEANUP(FcgiRequest, fcgi_request_free);

/* Takes a connected stream socket; nothing may be attached. */
void fcgi_request_attach(FcgiRequest *req, int fd);
/* Gives the fd back. Input that has arrived and was not read is lost. Returns the fd, or -EBADF if there is none. */
int fcgi_request_detach(FcgiRequest *req);

/* For a long wait: forgets the last request, and gives the kernel what it and those before have written to. Does
 * nothing while a socket is attached. */
void fcgi_request_release(FcgiRequest *req);
int fcgi_request_fd(const FcgiRequest *req); /* borrowed, to poll; -EBADF */

/* Returns whether a piece of the next request has already arrived, so that poll() would wait in vain. */
bool fcgi_request_has_input(const FcgiRequest *req);

/* Takes what has arrived on a connection from which nothing was read yet, and never waits; a read() that follows costs
 * no system call for it. Returns false when nothing has: the peer has only connected. */
bool fcgi_request_has_begun(FcgiRequest *req);

/* Reads up to the end of PARAMS. After 0 the request is there: params, streams, role. After these two it
 * is there without any params, to be answered with an error and finished:
 *   -E2BIG       over params_bytes or params_count
 *   -EINVAL      params that cannot be an environment (see fcgi_params.h)
 * Otherwise the connection is only fit to be closed:
 *   -ENODATA     the peer has closed before a request: normal
 *   -ECANCELED   a request was refused or aborted and answered, and the peer wants it closed
 *   -ETIMEDOUT   -ECONNRESET (also: closed in the middle)   or another errno of the socket
 *   -EBADMSG     not FastCGI
 *   -ESHUTDOWN   finish() did not return 1 */
int fcgi_request_read(FcgiRequest *req);

/* Returns libfcgi's view of the request. requestId, role, in, out, err, envp and keepConnection are valid from read()
 * to finish(), envp until the next read(). ipcFd is -1: libfcgi must not touch the socket. */
FCGX_Request *fcgi_request_fcgx(FcgiRequest *req);

/* Returns the value of a param, NUL-terminated and without NUL inside, or NULL. It is valid until the next read(), also
 * after finish(). If a name came twice, the last value counts. */
const char *fcgi_request_param(const FcgiRequest *req, const char *name, size_t name_len);

/* Returns all params: FCGI_ROLE first (as in libfcgi and php-fpm), then the others in the order of the wire. No name is
 * there twice. */
const FcgiParam *fcgi_request_params(const FcgiRequest *req, size_t *ret_n);

/* Returns the params, to set and unset some for the rest of the request; they are valid as long as those above. */
FcgiParams *fcgi_request_environment(FcgiRequest *req);

/* Reads the body (FCGI_STDIN) and waits until n bytes are there. Returns how many were read; fewer than n mean the end
 * or an error. It can be mixed with FCGX_GetStr() on ->in. */
size_t fcgi_request_read_body(FcgiRequest *req, void *buffer, size_t n);
/* Returns 0 (also after an abort), or why the body ended early: -ETIMEDOUT, -ECONNRESET, -EBADMSG … */
int fcgi_request_body_error(const FcgiRequest *req);
/* Returns whether the peer has sent ABORT_REQUEST, as far as input was read. fcgi_request_check_abort() reads input
 * without waiting, if the whole body was read. */
bool fcgi_request_aborted(const FcgiRequest *req);
void fcgi_request_check_abort(FcgiRequest *req);

/* Write to FCGI_STDOUT and FCGI_STDERR, buffered, in order with FCGX_PutStr() on ->out and ->err; flush both. Return 0,
 * the sticky negative errno of a peer that has gone, or -ESHUTDOWN after finish(), when nothing is done. */
int fcgi_request_write(FcgiRequest *req, const void *data, size_t size);
int fcgi_request_write_error(FcgiRequest *req, const void *data, size_t size);
int fcgi_request_flush(FcgiRequest *req);
/* Is to be called before a flush that may have nothing to send, and still has to find out whether the peer has gone.
 * Returns as above. */
int fcgi_request_probe(FcgiRequest *req);
/* Returns 0, or the sticky negative errno: -EPIPE, -ECONNRESET, -ETIMEDOUT … */
int fcgi_request_broken(const FcgiRequest *req);

/* Says that the reply is short and not a script's: a peer that does not take it within drain_usec is given up. */
void fcgi_request_hurry(FcgiRequest *req);

/* Ends the reply, then discards what the peer still sends of the body, so that it neither turns the close into a reset
 * nor becomes the next request. Returns 1 when the next read() may follow, 0 when the connection is
 * to be closed, or a negative errno when the reply did not get through and the connection is to be closed. A second
 * call returns the same. */
int fcgi_request_finish(FcgiRequest *req, uint32_t app_status);
