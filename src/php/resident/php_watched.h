/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpWatched: functions whose effect outlasts a request and that are undone by calling them once more: time zone, mb_*,
 * libxml, assert, mysqli, rewritten URLs. A request that calls none of them costs nothing, but for one call where a
 * script has made a mysqli_driver, whose property does the same as mysqli_report().
 *
 * Runs in: zygote (init), worker. */

#include <stdbool.h>

typedef enum WatchedGroup {
        WATCHED_UMASK,
        WATCHED_STREAMS,
        WATCHED_LIMITS,
        WATCHED_PRIORITY,
        WATCHED_LIBXML,
        _WATCHED_GROUP_MAX,
} WatchedGroup;

/* Zygote: is to be called once PHP has started. */
void php_watched_init(void);

/* Note what the getters return now; and stop watching. */
void php_watched_seal(void);
void php_watched_unseal(void);

/* Calls the setters of those functions that were called since then. */
void php_watched_restore(void);

/* Returns whether a function of the group was called since this was asked last. */
bool php_watched_take(WatchedGroup group);
