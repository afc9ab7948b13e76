/* SPDX-License-Identifier: MIT */
#pragma once
/* CrashWindow: whether as many workers crashed within some time that opcache's memory, which they share, may be broken
 * (emergency_restart_threshold and _interval). Pure.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>

enum {
        CRASH_WINDOW_MAX = 256, /* a higher threshold counts as this */
};

typedef struct CrashWindow {
        uint64_t at_usec[CRASH_WINDOW_MAX]; /* a ring buffer of the latest crashes */
        unsigned next;
} CrashWindow;

/* Counts a crash at now_usec. Returns whether the threshold is reached, and then begins to count anew. A threshold or
 * an interval of 0 is never reached, as in php-fpm. */
bool crash_window_add(
                CrashWindow *window, uint64_t threshold, uint64_t interval_usec, uint64_t now_usec);
