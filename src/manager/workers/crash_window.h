/* SPDX-License-Identifier: MIT */
#pragma once
/* Crash window: whether so many workers crashed within so much time that opcache's memory, which
 * they share, is to blame (emergency_restart_threshold and _interval). Pure.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stdint.h>

enum {
        CRASH_WINDOW_MAX = 256, /* a higher threshold counts as this */
};

typedef struct CrashWindow {
        uint64_t at_usec[CRASH_WINDOW_MAX]; /* a ring of the latest */
        unsigned next;
} CrashWindow;

/* A worker has crashed now. true: the threshold is reached; then it begins anew. Never with a threshold or an interval
 * of 0, as in php-fpm. */
bool crash_window_add(
                CrashWindow *window, uint64_t threshold, uint64_t interval_usec, uint64_t now_usec);
