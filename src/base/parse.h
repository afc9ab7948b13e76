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

/* Reads 1, yes, on or true; 0, no, none, off, false or nothing at all; upper and lower case. */
int parse_bool(const char *text, bool *ret);

/* Read decimal digits; parse_int() takes a minus sign in front. */
int parse_int(const char *text, int64_t *ret);
int parse_uint(const char *text, uint64_t *ret);

/* Reads a whole number with s, m, h or d behind it; without a unit it is seconds. */
int parse_time(const char *text, uint64_t *ret_usec);

/* Reads octal digits, as chmod(1) takes them. */
int parse_octal(const char *text, uint64_t *ret);

/* Reads a whole number with K, M, G or T (powers of 1024, upper or lower case) behind it; without a unit it is
 * bytes. */
int parse_bytes(const char *text, uint64_t *ret_bytes);
