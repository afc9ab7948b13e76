/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiRecord: the bytes of FastCGI 1.0 and nothing else. Pure.
 *
 * Runs in: worker.
 * Trusts:  nobody. Lengths are claims of the peer; the code that reads content counts the bytes itself. The constants
 * are those of libfcgi's <fastcgi.h>. */

#include <fastcgi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        /* The largest content that is a multiple of 8 and so needs no padding. */
        FCGI_RECORD_CONTENT_MAX = 0xfff8,
        FCGI_BODY_LEN = 8, /* BEGIN_REQUEST, END_REQUEST and UNKNOWN_TYPE have a body of 8 bytes */
        FCGI_SHORT_RECORD_LEN = FCGI_HEADER_LEN + FCGI_BODY_LEN,
        FCGI_VALUES_RECORD_MAX = 128, /* the longest GET_VALUES_RESULT that we write */
};

typedef struct FcgiRecord {
        uint8_t type;
        uint8_t padding_len;
        uint16_t id;
        uint16_t content_len;
} FcgiRecord;

typedef struct FcgiBegin {
        uint16_t role;
        bool keep_conn;
} FcgiBegin;

/* Reads a header of FCGI_HEADER_LEN bytes. Returns 0, or -EBADMSG if it is not of version 1. */
int fcgi_record_decode(FcgiRecord *ret, const uint8_t *bytes);
void fcgi_record_encode(uint8_t *bytes, const FcgiRecord *record);

/* Returns the padding that brings a content to a multiple of 8. */
static inline uint8_t fcgi_padding(size_t content_len) {
        return (uint8_t) (-content_len & 7);
}

/* Reads a BEGIN_REQUEST body. Returns 0, or -EBADMSG if it is not of FCGI_BODY_LEN bytes. */
int fcgi_begin_decode(FcgiBegin *ret, const uint8_t *body, size_t size);

/* Write whole records of FCGI_SHORT_RECORD_LEN bytes. */
void fcgi_end_encode(uint8_t *bytes, uint16_t id, uint32_t app_status, uint8_t protocol_status);
void fcgi_unknown_type_encode(uint8_t *bytes, uint8_t type);

/* Reads the length of a name or value, in 1 or 4 bytes. Returns how many bytes it took, or 0 when more than size are
 * needed. */
size_t fcgi_length_decode(uint32_t *ret, const uint8_t *bytes, size_t size);

/* Writes the whole answer to a GET_VALUES with that content: each value that was asked for and is known, once. A
 * max_conns of 0 leaves FCGI_MAX_CONNS and FCGI_MAX_REQS out. Writes at most FCGI_VALUES_RECORD_MAX bytes and returns
 * their number, or -EBADMSG. */
int fcgi_values_encode(uint8_t *bytes, const uint8_t *content, size_t size, unsigned max_conns);
