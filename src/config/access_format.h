/* SPDX-License-Identifier: MIT */
#pragma once
/* AccessFormat: whether an access.format is one that php-fpm's log understands. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

enum {
        ACCESS_FORMAT_WHY_MAX = 256,
        ACCESS_FORMAT_ARGUMENT_MAX = 128, /* php-fpm's limit for what stands in braces */
};

/* 0, or -EINVAL with the token that is wrong, and what would be right, in why. */
int access_format_check(const char *format, char why[static ACCESS_FORMAT_WHY_MAX]);
