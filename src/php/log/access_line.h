/* SPDX-License-Identifier: MIT */
#pragma once
/* AccessLine: an access.format, parsed once, and the lines that it makes of requests. Pure.
 *
 * Runs in: worker.     Owns: the parsed format and its buffers; nothing is allocated after new().
 * Trusts:  the format (access_format_check) alone: texts of client and script cannot end a line or close a quote.
 * Quotes, backslashes, control bytes and bytes that are not UTF-8 become \xNN; php-fpm writes them as they are. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/cleanup.h"
#include "config/value/setting.h"

enum {
        ACCESS_LINE_MAX = 8192, /* with the new line; the rest is cut off. php-fpm: 1024 */
};

typedef struct AccessLine AccessLine;

/* The facts of a request when its answer is complete. Strings are borrowed; NULL is the same as "". */
typedef struct AccessFacts {
        const char *pool, *method, *uri, *query, *script, *user;
        const char *peer; /* the web server's address, "" if it has none (a unix socket) */
        int status;
        uint64_t content_length; /* of what the client sent */
        uint64_t duration_usec, user_usec, system_usec, memory_bytes;
        time_t start_sec, now_sec;
        pid_t pid, parent_pid;

        /* Returns a FastCGI parameter, or NULL. */
        const char *(*param)(const void *userdata, const char *name, size_t name_len);
        const void *userdata;
} AccessFacts;

/* Parses format. Returns 0, -EINVAL when access_format_check() would refuse it, or -ENOMEM. */
int access_line_new(AccessLine **ret, const char *format);
AccessLine *access_line_free(AccessLine *line);
DEFINE_CLEANUP(AccessLine, access_line_free);

/* Returns whether the format has that token, for facts that cost something to find out. */
bool access_line_has(const AccessLine *line, char letter);

/* Forget the headers of the last answer; note one of the present answer, "Name: value", the first of a name counts. */
void access_line_forget_headers(AccessLine *line);
void access_line_note_header(AccessLine *line, const char *header, size_t size);

/* Writes the line with its "\n" and without a NUL. Returns its length. */
size_t access_line_format(
                AccessLine *line, const AccessFacts *facts, char buffer[static ACCESS_LINE_MAX]);

/* Returns whether access.suppress_path keeps this request out of the log, which holds only for requests that succeeded
 * and had no body. */
bool access_line_is_suppressed(const AccessFacts *facts, const SettingList *paths);
