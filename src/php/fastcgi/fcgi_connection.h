/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiConnection: an accepted socket with a receive buffer and deadlines.
 *
 * Runs in: worker.     Owns: the fd while it is attached, the buffer for ever.
 * Trusts:  nobody. The peer may send nothing, one byte at a time, or stop reading.
 *
 * Both directions try the call first; only on EAGAIN a receive polls, and a send lets the call wait: in the common case
 * a request costs one recv and one send. No call raises SIGPIPE. The fd must be blocking. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* About as much as a unix socket holds. A small request touches the first page only. */
enum {
        FCGI_INPUT_SIZE = 128 * 1024,
};

#define FCGI_DEADLINE_NOW UINT64_C(0) /* take what has arrived, never wait */
#define FCGI_DEADLINE_NEVER UINT64_MAX

typedef struct FcgiConnection {
        int fd;
        uint8_t *input;
        size_t start, end; /* input[start .. end) has arrived and is not consumed */
        bool waits;        /* sending does */
} FcgiConnection;

/* Makes the buffer of a connection that has no fd yet. Returns 0 or -ENOMEM. */
int fcgi_connection_init(FcgiConnection *conn);
void fcgi_connection_done(FcgiConnection *conn);

/* Takes the fd of an accepted connection. */
void fcgi_connection_open(FcgiConnection *conn, int fd);

/* Gives the fd back and drops the input that was not read. Returns the fd. */
int fcgi_connection_release(FcgiConnection *conn);

/* Returns the input that has arrived and was not consumed. */
static inline const uint8_t *fcgi_connection_data(const FcgiConnection *conn) {
        return conn->input + conn->start;
}

/* Returns how many bytes of it there are. */
static inline size_t fcgi_connection_available(const FcgiConnection *conn) {
        return conn->end - conn->start;
}

/* Consumes n of these bytes. */
static inline void fcgi_connection_consume(FcgiConnection *conn, size_t n) {
        conn->start += n;
}

/* Returns the deadline in timeout_usec from now, by clock_now_usec(), or FCGI_DEADLINE_NEVER for 0. */
uint64_t fcgi_deadline(uint64_t timeout_usec);

/* Receives until n bytes (at most FCGI_INPUT_SIZE) are available; may move the data. Returns 0, -ENODATA when the peer
 * has closed, -ETIMEDOUT, or the socket's negative errno. Bytes that did arrive stay available. */
int fcgi_connection_fill(FcgiConnection *conn, size_t n, uint64_t deadline_usec);

/* Sends everything; changes iov. stall_usec is how long the peer may take no byte, 0 for no limit; deadline_usec is
 * when it must have taken everything, FCGI_DEADLINE_NOW for without waiting. Returns 0, -ETIMEDOUT or the socket's
 * negative errno. */
int fcgi_connection_send(FcgiConnection *conn, struct iovec *iov, size_t n_iov, uint64_t stall_usec,
                uint64_t deadline_usec);

/* Checks whether a peer on a unix socket still reads, without sending it anything. Returns 0 or the socket's negative
 * errno. */
int fcgi_connection_probe(const FcgiConnection *conn);

/* Tells the peer that no bytes follow, by shutdown(2). */
void fcgi_connection_shutdown(FcgiConnection *conn);

/* Prepares a close while input may still come: shuts down, then discards what the peer sends until it closes, within
 * both limits. */
void fcgi_connection_linger(FcgiConnection *conn, uint64_t timeout_usec, uint64_t max_bytes);
