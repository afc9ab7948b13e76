/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiParams: the name-value stream of one request as an environment. Pure.
 *
 * Runs in: worker.     Owns: all strings, until the next reset.
 * Trusts:  nobody. Every length is checked against what has arrived, and both limits are fixed at
 * init: nothing is allocated later. */

#include <stddef.h>
#include <stdint.h>

enum {
        /* nginx takes 32 KiB of request head by default, Apache 8 KiB per line, and TLS client
         * certificates come on top; 256 KiB is far above what a web server lets through. */
        FCGI_PARAMS_BYTES_MAX = 256 * 1024,
        FCGI_PARAMS_COUNT_MAX = 1024,
};

/* name is not NUL-terminated: its '=' follows. value is, and holds no other NUL. */
typedef struct FcgiParam {
        const char *name, *value;
        uint32_t name_len, value_len;
} FcgiParam;

typedef struct FcgiParams {
        uint8_t *bytes; /* the stream as it came, then turned into strings in place */
        size_t n_bytes, max_bytes;
        FcgiParam *items;
        char **envp; /* "NAME=VALUE", NULL at the end, parallel to items */
        size_t n_items, max_items;
        uint16_t *table; /* of index + 1, open addressing */
        size_t table_size;
} FcgiParams;

/* Allocates the memory. Returns 0, -EINVAL for limits that are 0 or too large, or -ENOMEM. */
int fcgi_params_init(FcgiParams *params, size_t max_bytes, size_t max_items);
void fcgi_params_done(FcgiParams *params);

/* Forgets everything, keeps the memory. */
void fcgi_params_reset(FcgiParams *params);

/* Forgets everything, and gives the kernel the pages. */
void fcgi_params_release(FcgiParams *params);

/* Adds a piece of the stream; a pair may be cut anywhere. Returns 0, or -E2BIG above max_bytes. */
int fcgi_params_append(FcgiParams *params, const void *data, size_t size);

/* Makes items and envp of the complete stream. Returns 0, -EBADMSG for a length beyond the end, an empty name, a name
 * with '=' or NUL or a value with NUL, or -E2BIG above max_items. After an error only fcgi_params_reset() may
 * follow. */
int fcgi_params_parse(FcgiParams *params);

/* Returns the param of that name, or NULL. */
const FcgiParam *fcgi_params_find(const FcgiParams *params, const char *name, size_t name_len);

/* Sets a name to a copy of the value for the rest of the request, in the place of the former value or behind all
 * others. The former value stays readable. Returns 0, or -E2BIG above max_bytes or max_items. */
int fcgi_params_set(FcgiParams *params, const char *name, const char *value, size_t value_len);

/* Removes the name, if it is there. */
void fcgi_params_unset(FcgiParams *params, const char *name);
