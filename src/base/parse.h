/* SPDX-License-Identifier: MIT */
#pragma once
/* Parse: the text of one value becomes a number. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. php-fpm's own parsers let atoi() decide, so that 500ms is 500 seconds and
 * 99999999999 is 1215752191; these refuse whatever they would have to guess.
 *
 * All return 0, -EINVAL (not of this type) or -ERANGE (of this type, but too large to hold). */

#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_SEC UINT64_C(1000000)

/* 1 yes on true, 0 no none off false and nothing at all; in any case. */
int parse_bool(const char *text, bool *ret);

/* Decimal digits, parse_int() with an optional minus sign. */
int parse_int(const char *text, int64_t *ret);
int parse_uint(const char *text, uint64_t *ret);

/* A whole number with s (also without), m, h or d behind it. */
int parse_time(const char *text, uint64_t *ret_usec);

/* Octal digits, as chmod takes them. */
int parse_octal(const char *text, uint64_t *ret);

/* A whole number with K, M, G or T (powers of 1024, either case) behind it, or plain bytes. */
int parse_bytes(const char *text, uint64_t *ret_bytes);
