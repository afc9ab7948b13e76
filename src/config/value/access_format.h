/* SPDX-License-Identifier: MIT */
#pragma once
/* AccessFormat: what an access.format may say, as php-fpm's log understands it. Pure.
 *
 * The one table of tokens is here: the check of a pool file and the log itself both read a format with it.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include <stddef.h>
#include <stdint.h>

enum {
        ACCESS_FORMAT_WHY_MAX = 256,
        ACCESS_FORMAT_ARGUMENT_MAX = 128, /* php-fpm's limit for what stands in braces */
};

/* What %{user}C and its like count, as the unit of the token. */
enum {
        ACCESS_CPU_USER = 1 << 0,
        ACCESS_CPU_SYSTEM = 1 << 1,
};

/* One piece of a format. */
typedef struct AccessToken {
        char letter;      /* '\0': text that stands for itself */
        const char *text; /* that text, or what stands in braces; points into the format */
        size_t size;      /* of text */
        uint64_t unit;    /* %d: microseconds, %M: bytes, %C: ACCESS_CPU_*; else 0 */
} AccessToken;

/* Reads the piece at *format and moves *format behind it. Returns 1, 0 at the end of the format, or -EINVAL with
 * what is wrong, and what would be right, in why. */
int access_format_next(
                const char **format, AccessToken *ret, char why[static ACCESS_FORMAT_WHY_MAX]);

/* Returns 0 if the whole format is right, or -EINVAL with why, as access_format_next() does. */
int access_format_check(const char *format, char why[static ACCESS_FORMAT_WHY_MAX]);
