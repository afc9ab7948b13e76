/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpWatched: functions whose effect outlasts a request and that are undone by calling them once more: time zone, mb_*,
 * libxml, assert, rewritten URLs. Whoever calls none of them pays nothing.
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

/* Zygote: once PHP has started. */
void php_watched_init(void);

/* Notes what the getters say now. */
void php_watched_seal(void);
void php_watched_unseal(void);

/* Calls the setters of those that were called since then. */
void php_watched_restore(void);

/* Whether a function of the group was called since the last question. */
bool php_watched_take(WatchedGroup group);
