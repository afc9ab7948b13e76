/* SPDX-License-Identifier: MIT */
#pragma once
/* AccessLine: an access.format, read once, and the lines that it makes of requests. Pure.
 *
 * Runs in: worker.     Owns: what it needs for a line; nothing is allocated after new().
 * Trusts:  the format (access_format_check). Nobody else: what client and script say cannot end a line or
 * close a quote. Quotes, backslashes, control bytes and what is not UTF-8 become \xNN; php-fpm writes
 * them as they are. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/cleanup.h"
#include "config/setting.h"

enum {
        ACCESS_LINE_MAX = 8192, /* with the new line; the rest is cut off. php-fpm: 1024 */
};

typedef struct AccessLine AccessLine;

/* What is known of a request when its answer is complete. Strings are borrowed; NULL is the same as "". */
typedef struct AccessFacts {
        const char *pool, *method, *uri, *query, *script, *user;
        const char *peer; /* the web server's address, "" if it has none (a unix socket) */
        int status;
        uint64_t content_length; /* of what the client sent */
        uint64_t duration_usec, user_usec, system_usec, memory_bytes;
        time_t start_sec, now_sec;
        pid_t pid, parent_pid;

        /* A FastCGI parameter, or NULL. */
        const char *(*param)(const void *userdata, const char *name, size_t name_len);
        const void *userdata;
} AccessFacts;

/* 0, -EINVAL: not what access_format_check() lets through; or -ENOMEM. */
int access_line_new(AccessLine **ret, const char *format);
AccessLine *access_line_free(AccessLine *line);
DEFINE_CLEANUP(AccessLine, access_line_free);

/* Whether the format has that token, for what is not known for nothing. */
bool access_line_has(const AccessLine *line, char letter);

/* The headers of an answer, "Name: value" each; the first of a name counts. forget: a new request. */
void access_line_forget_headers(AccessLine *line);
void access_line_note_header(AccessLine *line, const char *header, size_t size);

/* Writes the line with its "\n", without a NUL. Its length. */
size_t access_line_format(
                AccessLine *line, const AccessFacts *facts, char buffer[static ACCESS_LINE_MAX]);

/* Whether access.suppress_path says not to log it: only what succeeded and carried no data. */
bool access_line_is_suppressed(const AccessFacts *facts, const SettingList *paths);
