/* SPDX-License-Identifier: MIT */
#pragma once
/* Words: numbers as people read them. Pure.
 *
 * Runs in: fpmctl. */

#include <stddef.h>
#include <stdint.h>

enum {
        WORDS_MAX = 32,
};

/* A buffer by value, so that several stand in one printf(). */
typedef struct Words {
        char text[WORDS_MAX];
} Words;

/* "512B", "1.5K", "23M": three digits at most before the unit. */
Words words_bytes(uint64_t bytes);

/* "0.35s", "12.3s", "5min 3s", "2h 5min", "3d 4h". */
Words words_seconds(double seconds);

/* "0", "0.25", "12.5", "1234": of requests per second. */
Words words_rate(double rate);
