/* SPDX-License-Identifier: MIT */
#include "manager/workers/crash_window.h"

bool crash_window_add(CrashWindow *window, uint64_t threshold, uint64_t interval_usec,
                uint64_t now_usec) {
        unsigned n = threshold < CRASH_WINDOW_MAX ? (unsigned) threshold : CRASH_WINDOW_MAX;
        uint64_t oldest;

        if (n == 0 || interval_usec == 0)
                return false;

        window->at_usec[window->next] = now_usec;
        window->next = (window->next + 1) % CRASH_WINDOW_MAX;
        oldest = window->at_usec[(window->next + CRASH_WINDOW_MAX - n) % CRASH_WINDOW_MAX];
        if (oldest == 0 || now_usec - oldest > interval_usec)
                return false;

        *window = (CrashWindow){};
        return true;
}
