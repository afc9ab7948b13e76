/* SPDX-License-Identifier: MIT */
#pragma once
/* FormattedText: numbers as people read them. Pure.
 *
 * Runs in: fpmctl. */

#include <stddef.h>
#include <stdint.h>

enum {
        FORMATTED_TEXT_MAX = 32,
};

/* A buffer by value, so that several stand in one printf(). */
typedef struct FormattedText {
        char text[FORMATTED_TEXT_MAX];
} FormattedText;

/* Returns "512B", "1.5K", "23M": three digits at most before the unit. */
FormattedText format_bytes(uint64_t bytes);

/* Returns "0.35s", "12.3s", "5min 3s", "2h 5min", "3d 4h". */
FormattedText format_seconds(double seconds);

/* Returns requests per second: "0", "0.25", "12.5", "1234". */
FormattedText format_rate(double rate);
